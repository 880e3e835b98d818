# Secrets from Vault by the External Secrets Operator.
mock_provider "kubernetes" {
  mock_data "kubernetes_namespace_v1" {
    defaults = { metadata = { uid = "11111111-2222-3333-4444-555555555555" } }
  }
}

variables {
  kubernetes_api   = { cidrs = ["192.0.2.10/32"] }
  image            = "registry.example/job-hunter:1.2.3"
  database         = { host = "main-rw.postgres.svc", namespace = "postgres" }
  external_secrets = { vault_address = "https://vault.vault.svc:8200" }
}

run "every_secret_comes_from_vault" {
  command = plan

  assert {
    condition     = length(kubernetes_secret_v1.plain) == 0
    error_message = "No plain Secret beside Vault's."
  }
  assert {
    condition     = jsonencode(sort(concat(keys(kubernetes_manifest.login_secret), keys(kubernetes_manifest.key_secret)))) == jsonencode(["job-hunter-app", "job-hunter-database", "job-hunter-grafana", "job-hunter-prefect"])
    error_message = "Each Secret that pods name has its ExternalSecret."
  }
  assert {
    condition     = kubernetes_manifest.login_secret["job-hunter-grafana"].manifest.metadata.namespace == "monitoring"
    error_message = "Grafana's is in Grafana's namespace."
  }
  assert {
    condition     = join(",", keys(kubernetes_manifest.login_secret["job-hunter-grafana"].manifest.spec.target.template.data)) == "JOB_HUNTER_PG_PASSWORD"
    error_message = "Grafana reads this variable."
  }
  assert {
    condition     = startswith(kubernetes_manifest.login_secret["job-hunter-database"].manifest.spec.target.template.data.DB_CONNECTION_STRING, "postgresql://{{ .username")
    error_message = "The database's address is written with the login of the moment."
  }
  assert {
    condition     = kubernetes_manifest.login["job-hunter-database"].manifest.spec.path == "database/static-creds/job-hunter" && kubernetes_manifest.login["job-hunter-database"].manifest.spec.method == "GET"
    error_message = "A static role: reading it does not rotate it."
  }
}

run "an_older_operator" {
  command = plan

  variables {
    external_secrets = { vault_address = "https://vault.vault.svc:8200", api_version = "external-secrets.io/v1beta1" }
  }
  assert {
    condition     = kubernetes_manifest.key_secret["job-hunter-app"].manifest.apiVersion == "external-secrets.io/v1beta1"
    error_message = "The version of the operator's API can be chosen."
  }
}

run "no_grafana_no_server" {
  command = plan

  variables {
    grafana = null
    prefect = { api_url = "https://prefect.example/api", cidrs = ["192.0.2.0/24"], port = 443 }
  }
  assert {
    condition     = jsonencode(sort(concat(keys(kubernetes_manifest.login_secret), keys(kubernetes_manifest.key_secret)))) == jsonencode(["job-hunter-app", "job-hunter-database"])
    error_message = "Only the Secrets that somebody reads."
  }
}

run "a_rotation_must_arrive_in_time" {
  command = plan

  variables {
    external_secrets = { vault_address = "https://vault.vault.svc:8200", refresh_interval = "1h" }
  }
  expect_failures = [var.external_secrets]
}
