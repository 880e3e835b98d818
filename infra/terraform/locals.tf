locals {
  name      = "job-hunter"
  namespace = var.create_namespace ? kubernetes_namespace_v1.this[0].metadata[0].name : var.namespace

  labels = {
    "app.kubernetes.io/name"       = local.name
    "app.kubernetes.io/part-of"    = local.name
    "app.kubernetes.io/managed-by" = "terraform"
  }
  # Network policies select pods by these two; the Job template of flow runs bears them too.
  ours = { "app.kubernetes.io/part-of" = local.name }

  database_secret = "job-hunter-database"
  app_secret      = "job-hunter-app"
  prefect_secret  = "job-hunter-prefect"
  grafana_secret  = "job-hunter-grafana"
  config_map      = "job-hunter-config"

  uses_vault     = var.external_secrets != null
  deploys_server = var.prefect.api_url == null
  api_url        = local.deploys_server ? "http://job-hunter-prefect.${var.namespace}.svc:4200/api" : var.prefect.api_url
  receiver_url   = "http://job-hunter-receiver.${var.namespace}.svc:8080"

  # Of the worker; the Job of a flow run inherits every PREFECT_ one, so none of them may be a secret.
  prefect_env = {
    PREFECT_API_URL               = local.api_url
    PREFECT_EXPERIMENTAL_EVENTS   = "true"
    PREFECT_LOGGING_EXTRA_LOGGERS = "job_hunter"
  }
  settings   = merge({ JOB_HUNTER_WEBHOOK_URL = local.receiver_url }, var.settings)
  config_env = var.config_dir == null ? {} : { JOB_HUNTER_CONFIG_DIR = "/etc/job-hunter/config" }

  pools = merge(
    { main = { pool = local.name, replicas = 1 } },
    var.shard_workers == 0 ? {} : { shards = { pool = "${local.name}-shards", replicas = var.shard_workers } },
  )
  cluster_uid = var.cluster_uid != null ? var.cluster_uid : data.kubernetes_namespace_v1.kube_system[0].metadata[0].uid

  # Everything that bootstrap applies: another value makes another Job.
  bootstrap_command = concat(
    ["python", "-m", "flows.bootstrap", "--pool", local.name, "--image", var.image],
    var.schedules_paused ? ["--paused"] : [],
    flatten([for name, value in local.job_variables : ["--set", "${name}=${value}"]]),
  )
  job_variables = merge(
    {
      namespace            = var.namespace
      service_account_name = "job-hunter-flow"
      image_pull_policy    = var.image_pull_policy
      database_secret      = local.database_secret
      app_secret           = local.app_secret
      config_map           = local.config_map
      memory_limit         = var.flow_memory_limit
    },
    { for name, value in merge(local.settings, local.config_env) : "env.${name}" => value },
  )
  bootstrap_hash = substr(sha256(jsonencode([local.bootstrap_command, local.prefect_env])), 0, 10)
}
