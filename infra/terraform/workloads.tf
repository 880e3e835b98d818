# The Prefect server, unless one exists: its services run once, so old and new never overlap.
module "prefect" {
  count  = local.deploys_server ? 1 : 0
  source = "./modules/deployment"

  name                 = "job-hunter-prefect"
  namespace            = local.namespace
  component            = "prefect"
  labels               = local.labels
  annotations          = { "secret.reloader.stakater.com/reload" = local.prefect_secret }
  image                = var.image
  image_pull_policy    = var.image_pull_policy
  command              = ["prefect", "server", "start", "--host", "0.0.0.0", "--port", "4200"]
  service_account_name = kubernetes_service_account_v1.this["prefect"].metadata[0].name
  env = {
    PREFECT_EXPERIMENTAL_EVENTS      = "true"
    PREFECT_SERVER_ANALYTICS_ENABLED = "false"
    PREFECT_UI_API_URL               = var.prefect.ui_api_url
    PREFECT_UI_STATIC_DIRECTORY      = "/tmp/prefect-ui"
    # With the default of 30 s a refresh of 35 boards takes minutes: tasks that wait for a slot of the tag limit ask so often.
    PREFECT_TASK_RUN_TAG_CONCURRENCY_SLOT_WAIT_SECONDS = "1"
  }
  # By its key: without it Prefect would quietly keep its state in the pod.
  env_secrets = {
    PREFECT_API_DATABASE_CONNECTION_URL = {
      secret = local.prefect_secret, key = "PREFECT_API_DATABASE_CONNECTION_URL"
    }
  }
  port      = 4200
  probes    = { alive = "/api/health", ready = "/api/health", started_seconds = 300 }
  resources = { cpu = "100m", memory = "512Mi", memory_limit = "1536Mi" }

  depends_on = [kubernetes_secret_v1.plain, kubernetes_manifest.key_secret]
}

resource "kubernetes_service_v1" "prefect" {
  count = local.deploys_server ? 1 : 0

  metadata {
    name      = "job-hunter-prefect"
    namespace = local.namespace
    labels    = local.labels
  }
  spec {
    type     = "ClusterIP"
    selector = module.prefect[0].selector

    port {
      name         = "http"
      port         = 4200
      target_port  = "http"
      app_protocol = "http"
    }
  }
}

# Workers submit the Jobs. They inherit no secret, as every PREFECT_ variable of theirs is copied into each Job in clear.
module "worker" {
  for_each = local.pools
  source   = "./modules/deployment"

  name              = "job-hunter-worker-${each.key}"
  namespace         = local.namespace
  component         = "worker"
  labels            = local.labels
  replicas          = each.value.replicas
  image             = var.image
  image_pull_policy = var.image_pull_policy
  command = [
    "prefect", "worker", "start", "--type", "kubernetes", "--pool", each.value.pool, "--install-policy", "never",
    "--with-healthcheck",
  ]
  service_account_name = kubernetes_service_account_v1.this["worker"].metadata[0].name
  automount_token      = true
  env                  = merge(local.prefect_env, { PREFECT_KUBERNETES_CLUSTER_UID = local.cluster_uid })
  port                 = 8080
  probes               = { alive = "/health", ready = "/health", started_seconds = 120 }
  resources            = { cpu = "50m", memory = "256Mi", memory_limit = "512Mi" }

  # With the pool made before, the worker never makes one with Prefect's own template.
  depends_on = [kubernetes_job_v1.bootstrap, kubernetes_role_binding_v1.worker]
}

# The receiver of changed careers pages. changedetection.io never sends again, so the new one is ready before the old one
# goes; a rotated database password reaches it through the file, without a restart.
module "receiver" {
  source = "./modules/deployment"

  name                 = "job-hunter-receiver"
  namespace            = local.namespace
  component            = "receiver"
  labels               = local.labels
  annotations          = { "secret.reloader.stakater.com/reload" = local.app_secret }
  image                = var.image
  image_pull_policy    = var.image_pull_policy
  command              = ["job-hunter", "serve", "--host", "0.0.0.0", "--port", "8080"]
  service_account_name = kubernetes_service_account_v1.this["receiver"].metadata[0].name
  env                  = merge({ PREFECT_API_URL = local.api_url }, local.settings)
  env_from_secrets     = [local.app_secret]
  database_secret      = local.database_secret
  may_overlap          = true
  port                 = 8080
  probes               = { alive = "/healthz", ready = "/readyz" }
  resources            = { cpu = "50m", memory = "128Mi", memory_limit = "384Mi" }

  depends_on = [kubernetes_secret_v1.plain, kubernetes_manifest.login_secret, kubernetes_manifest.key_secret]
}

resource "kubernetes_service_v1" "receiver" {
  metadata {
    name      = "job-hunter-receiver"
    namespace = local.namespace
    labels    = local.labels
    annotations = {
      "prometheus.io/scrape" = "true"
      "prometheus.io/port"   = "8080"
      "prometheus.io/path"   = "/metrics"
    }
  }
  spec {
    type     = "ClusterIP"
    selector = module.receiver.selector

    port {
      name         = "http"
      port         = 8080
      target_port  = "http"
      app_protocol = "http"
    }
  }
}
