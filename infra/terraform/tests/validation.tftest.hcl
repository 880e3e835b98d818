# Wrong values are refused before anything is made, each by its variable.
mock_provider "kubernetes" {}

variables {
  image    = "registry.example/job-hunter:1.2.3"
  database = { host = "main-rw.postgres.svc", namespace = "postgres" }
  # With these two nothing is looked up in a cluster.
  cluster_uid    = "home"
  kubernetes_api = { cidrs = ["192.0.2.10/32"] }
  secrets = {
    database_url         = "postgresql://job_hunter:hidden@main-rw.postgres.svc:5432/job_hunter"
    webhook_bearer_token = "0123456789abcdef0123456789abcdef"
    prefect_database_url = "postgresql+asyncpg://prefect:hidden@main-rw.postgres.svc:5432/prefect"
    grafana_password     = "hidden"
  }
}

run "all_is_well" {
  command = plan
}

run "an_image_without_a_version" {
  command         = plan
  expect_failures = [var.image]
  variables { image = "registry.example:5000/job-hunter" }
}

run "the_latest_image" {
  command         = plan
  expect_failures = [var.image]
  variables { image = "job-hunter:latest" }
}

run "an_image_by_digest_is_fine" {
  command = plan
  variables { image = "job-hunter@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
}

run "a_namespace_with_capitals" {
  command         = plan
  expect_failures = [var.namespace]
  variables { namespace = "JobHunter" }
}

run "a_database_nowhere" {
  command         = plan
  expect_failures = [var.database]
  variables { database = { host = "db" } }
}

run "a_database_in_two_places" {
  command         = plan
  expect_failures = [var.database]
  variables { database = { host = "db", namespace = "postgres", cidrs = ["192.0.2.1/32"] } }
}

run "a_database_with_an_unknown_sslmode" {
  command         = plan
  expect_failures = [var.database]
  variables { database = { host = "db", namespace = "postgres", sslmode = "on" } }
}

run "no_secrets_at_all" {
  command         = plan
  expect_failures = [var.secrets]
  variables { secrets = null }
}

run "secrets_twice" {
  command         = plan
  expect_failures = [var.secrets]
  variables { external_secrets = { vault_address = "https://vault.vault.svc:8200" } }
}

run "a_server_without_a_database" {
  command         = plan
  expect_failures = [var.secrets]
  variables {
    secrets = {
      database_url         = "postgresql://job_hunter:hidden@db/job_hunter"
      webhook_bearer_token = "0123456789abcdef0123456789abcdef"
      grafana_password     = "hidden"
    }
  }
}

run "a_short_token" {
  command         = plan
  expect_failures = [var.secrets]
  variables {
    secrets = {
      database_url         = "postgresql://job_hunter:hidden@db/job_hunter"
      webhook_bearer_token = "short"
      prefect_database_url = "postgresql+asyncpg://prefect:hidden@db/prefect"
      grafana_password     = "hidden"
    }
  }
}

run "a_secret_among_the_settings" {
  command         = plan
  expect_failures = [var.settings]
  variables { settings = { CDIO_API_KEY = "key" } }
}

run "addresses_for_alerts_among_the_settings" {
  command         = plan
  expect_failures = [var.settings]
  variables { settings = { JOB_HUNTER_NOTIFY_URLS = "ntfy://topic" } }
}

run "a_config_folder_without_companies" {
  command         = plan
  expect_failures = [var.config_dir]
  variables { config_dir = "./tests" }
}

run "a_prefect_address_without_api" {
  command         = plan
  expect_failures = [var.prefect]
  variables { prefect = { api_url = "http://prefect.prefect.svc:4200", namespace = "prefect" } }
}

run "a_prefect_server_nowhere" {
  command         = plan
  expect_failures = [var.prefect]
  variables { prefect = { api_url = "http://prefect.prefect.svc:4200/api" } }
}

run "a_destination_nowhere" {
  command         = plan
  expect_failures = [var.flow_destinations]
  variables { flow_destinations = [{ port = 5000 }] }
}

run "a_destination_at_no_address" {
  command         = plan
  expect_failures = [var.flow_destinations]
  variables { flow_destinations = [{ port = 5000, cidrs = ["192.168.1.5"] }] }
}

run "a_destination_at_no_port" {
  command         = plan
  expect_failures = [var.flow_destinations]
  variables { flow_destinations = [{ port = 0, namespace = "watch" }] }
}

run "a_prefect_server_at_no_address" {
  command         = plan
  expect_failures = [var.prefect]
  variables { prefect = { api_url = "http://prefect:4200/api", cidrs = ["prefect"] } }
}

run "a_prefect_server_at_no_port" {
  command         = plan
  expect_failures = [var.prefect]
  variables { prefect = { api_url = "http://prefect:4200/api", namespace = "prefect", port = 70000 } }
}

run "a_dns_cache_at_no_address" {
  command         = plan
  expect_failures = [var.dns_cidrs]
  variables { dns_cidrs = ["169.254.20.10"] }
}

run "a_kubernetes_api_nowhere" {
  command         = plan
  expect_failures = [var.kubernetes_api]
  variables { kubernetes_api = { cidrs = [] } }
}

run "a_mistyped_pull_policy" {
  command         = plan
  expect_failures = [var.image_pull_policy]
  variables { image_pull_policy = "Sometimes" }
}

run "memory_without_a_unit" {
  command         = plan
  expect_failures = [var.flow_memory_limit]
  variables { flow_memory_limit = "1000" }
}

run "grafana_with_an_unknown_sslmode" {
  command         = plan
  expect_failures = [var.grafana]
  variables { grafana = { sslmode = "prefer" } }
}

run "runs_kept_for_a_day" {
  command         = plan
  expect_failures = [var.keep_runs_days]
  variables { keep_runs_days = 1 }
}
