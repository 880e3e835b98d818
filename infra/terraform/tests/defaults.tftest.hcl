# What an apply with the fewest variables makes: a Prefect server of its own, plain Secrets, Grafana in `monitoring`.
mock_provider "kubernetes" {
  mock_data "kubernetes_namespace_v1" {
    defaults = { metadata = { uid = "11111111-2222-3333-4444-555555555555" } }
  }
}

variables {
  kubernetes_api = { cidrs = ["192.0.2.10/32"] }
  image          = "registry.example/job-hunter:1.2.3"
  database       = { host = "main-rw.postgres.svc", namespace = "postgres", pod_labels = { "cnpg.io/cluster" = "main" } }
  secrets = {
    database_url         = "postgresql://job_hunter:hidden@main-rw.postgres.svc:5432/job_hunter"
    webhook_bearer_token = "0123456789abcdef0123456789abcdef"
    prefect_database_url = "postgresql+asyncpg://prefect:hidden@main-rw.postgres.svc:5432/prefect"
    grafana_password     = "hidden"
  }
}

run "one_image_everywhere" {
  command = plan

  assert {
    condition = alltrue([
      for container in [module.worker["main"].container, module.receiver.container, module.prefect[0].container] :
      container.image == var.image
    ])
    error_message = "Every Deployment runs the variable's image."
  }
  assert {
    condition = alltrue([
      kubernetes_job_v1.bootstrap.spec[0].template[0].spec[0].container[0].image == var.image,
      kubernetes_cron_job_v1.tidy.spec[0].job_template[0].spec[0].template[0].spec[0].container[0].image == var.image,
    ])
    error_message = "The Jobs run the variable's image."
  }
  assert {
    condition     = join(" ", kubernetes_job_v1.bootstrap.spec[0].template[0].spec[0].container[0].command) != "" && strcontains(join(" ", kubernetes_job_v1.bootstrap.spec[0].template[0].spec[0].container[0].command), "--image ${var.image}")
    error_message = "Bootstrap gives the image to flow runs."
  }
}

run "another_image_is_another_bootstrap" {
  command = plan

  variables {
    image = "registry.example/job-hunter:1.2.4"
  }
  assert {
    condition     = kubernetes_job_v1.bootstrap.metadata[0].name != run.one_image_everywhere.bootstrap_job
    error_message = "A new image makes a new bootstrap Job, named by its hash."
  }
}

run "another_setting_is_another_bootstrap" {
  command = plan

  variables {
    settings = { JOB_HUNTER_NOTIFY = "on" }
  }
  assert {
    condition     = kubernetes_job_v1.bootstrap.metadata[0].name != run.one_image_everywhere.bootstrap_job
    error_message = "A new setting makes a new bootstrap Job."
  }
  assert {
    condition     = module.receiver.container.env.JOB_HUNTER_NOTIFY == "on"
    error_message = "Settings reach the receiver."
  }
}

run "the_same_again_is_the_same_bootstrap" {
  command = plan

  assert {
    condition     = kubernetes_job_v1.bootstrap.metadata[0].name == run.one_image_everywhere.bootstrap_job
    error_message = "An unchanged apply makes no new Job."
  }
}

run "the_worker_knows_no_secret" {
  command = plan

  assert {
    condition     = length(module.worker["main"].container.secrets) == 0
    error_message = "Every PREFECT_ variable of the worker is copied into Jobs in clear: it has no Secret."
  }
  assert {
    condition     = module.worker["main"].container.env.PREFECT_KUBERNETES_CLUSTER_UID == "11111111-2222-3333-4444-555555555555"
    error_message = "Without the uid the worker reports every run as crashed."
  }
  assert {
    condition     = alltrue([for name in keys(module.worker["main"].container.env) : !can(regex("(?i)connection|password|token|key", name))])
    error_message = "No variable of the worker looks like a secret."
  }
}

run "the_worker_may_do_what_it_does_and_no_more" {
  command = plan

  assert {
    condition = jsonencode([for rule in kubernetes_role_v1.worker.rule : [sort(rule.resources), sort(rule.verbs)]]) == jsonencode([
      [["jobs"], ["create", "delete", "get", "list", "patch", "update", "watch"]],
      [["events", "pods", "pods/log", "pods/status"], ["get", "list", "watch"]],
    ])
    error_message = "Jobs in full; pods, their logs and status, and events to read."
  }
  assert {
    condition     = alltrue([for account in kubernetes_service_account_v1.this : !account.automount_service_account_token])
    error_message = "No account hands out its token by itself."
  }
}

run "the_server_is_set_up_for_us" {
  command = plan

  assert {
    condition     = module.prefect[0].container.env.PREFECT_EXPERIMENTAL_EVENTS == "true" && module.prefect[0].container.env.PREFECT_TASK_RUN_TAG_CONCURRENCY_SLOT_WAIT_SECONDS == "1"
    error_message = "Events are on, and waiting tasks ask every second."
  }
  assert {
    condition     = module.prefect[0].container.secrets == tolist(["job-hunter-prefect"])
    error_message = "Its database comes from its own Secret."
  }
}

run "nobody_posts_until_named" {
  command = plan

  variables {
    grafana = null
  }
  assert {
    condition     = length(kubernetes_network_policy_v1.this["receiver"].spec[0].ingress) == 0
    error_message = "With no client named, the receiver is closed: an empty rule would open it to all."
  }
  assert {
    condition     = length(kubernetes_network_policy_v1.this["worker"].spec[0].ingress) == 0 && length(kubernetes_network_policy_v1.this["flow-run"].spec[0].ingress) == 0
    error_message = "Nobody calls workers or flow runs."
  }
  assert {
    condition     = length(kubernetes_config_map_v1.datasource) == 0 && length(kubernetes_config_map_v1.dashboard) == 0
    error_message = "Without Grafana nothing is made for it."
  }
}

run "a_server_of_your_own" {
  command = plan

  variables {
    prefect = { api_url = "http://prefect.prefect.svc:4200/api", namespace = "prefect" }
  }
  assert {
    condition     = length(module.prefect) == 0 && length(kubernetes_service_v1.prefect) == 0 && !contains(keys(kubernetes_network_policy_v1.this), "prefect")
    error_message = "No second server is made."
  }
  assert {
    condition     = output.prefect_api_url == "http://prefect.prefect.svc:4200/api" && module.worker["main"].container.env.PREFECT_API_URL == "http://prefect.prefect.svc:4200/api"
    error_message = "Everything speaks to the server that exists."
  }
}

run "shards_have_a_worker_of_their_own" {
  command = plan

  variables {
    shard_workers = 1
  }
  assert {
    condition     = output.work_pools == ["job-hunter", "job-hunter-shards"]
    error_message = "One worker serves one pool."
  }
}

run "configuration_from_a_folder" {
  command = plan

  variables {
    config_dir = "../../config"
  }
  assert {
    condition     = contains(keys(kubernetes_config_map_v1.config[0].data), "companies.yaml")
    error_message = "The folder's files are in the ConfigMap."
  }
  assert {
    condition     = contains(kubernetes_job_v1.bootstrap.spec[0].template[0].spec[0].container[0].command, "env.JOB_HUNTER_CONFIG_DIR=/etc/job-hunter/config")
    error_message = "Flow runs are told to read it."
  }
}

run "grafana_reads_the_password_from_its_environment" {
  command = plan

  assert {
    condition     = yamldecode(kubernetes_config_map_v1.datasource[0].data["job-hunter.yaml"]).datasources[0].secureJsonData.password == "$__env{JOB_HUNTER_PG_PASSWORD}"
    error_message = "The password is in no ConfigMap."
  }
  assert {
    condition = jsonencode([
      for key in ["uid", "name", "url"] : yamldecode(kubernetes_config_map_v1.datasource[0].data["job-hunter.yaml"]).datasources[0][key]
    ]) == jsonencode(["job-hunter-pg", "Job Hunter", "main-rw.postgres.svc:5432"])
    error_message = "The dashboards look for this uid."
  }
  assert {
    condition     = yamldecode(kubernetes_config_map_v1.datasource[0].data["job-hunter.yaml"]).datasources[0].jsonData.database == "job_hunter"
    error_message = "Grafana from 11.2 on reads the database from jsonData."
  }
  assert {
    condition     = kubernetes_secret_v1.plain["job-hunter-grafana"].metadata[0].namespace == "monitoring"
    error_message = "Grafana's Secret is in Grafana's namespace."
  }
}
