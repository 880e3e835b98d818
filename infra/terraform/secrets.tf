# Four Secrets: the database's address, which is mounted as a file so that a rotated password reaches what runs; the
# application's secrets and the Prefect server's database, which become environment variables; and Grafana's password.
# They come from Vault, or from `secrets` without ever being in the state.

locals {
  plain_secrets = local.uses_vault ? {} : merge(
    {
      (local.database_secret) = local.namespace
      (local.app_secret)      = local.namespace
    },
    local.deploys_server ? { (local.prefect_secret) = local.namespace } : {},
    var.grafana == null ? {} : { (local.grafana_secret) = var.grafana.namespace },
  )
}

resource "kubernetes_secret_v1" "plain" {
  for_each = local.plain_secrets

  metadata {
    name      = each.key
    namespace = each.value
    labels    = local.labels
  }
  data_wo_revision = var.secrets_revision
  data_wo = {
    for name, value in {
      (local.database_secret) = { DB_CONNECTION_STRING = var.secrets.database_url }
      (local.app_secret) = {
        WEBHOOK_BEARER_TOKEN          = var.secrets.webhook_bearer_token
        WEBHOOK_BEARER_TOKEN_PREVIOUS = var.secrets.webhook_bearer_token_previous
        CDIO_API_KEY                  = var.secrets.cdio_api_key
        JOB_HUNTER_NOTIFY_URLS        = var.secrets.notify_urls
      }
      (local.prefect_secret) = { PREFECT_API_DATABASE_CONNECTION_URL = var.secrets.prefect_database_url }
      (local.grafana_secret) = { JOB_HUNTER_PG_PASSWORD = var.secrets.grafana_password }
    }[each.key] : name => value if value != null
  }
}

# Static roles of Vault's database engine: the same login for ever, its password changed every seven days. A generator
# reads them, as the operator's Vault provider reads the key-value engine only.
locals {
  vault_logins = local.uses_vault ? merge(
    {
      (local.database_secret) = {
        namespace = local.namespace
        account   = "job-hunter-secrets"
        path      = var.external_secrets.database_path
        role      = var.external_secrets.vault_role
        data = {
          DB_CONNECTION_STRING = join("", [
            "postgresql://{{ .username | urlquery }}:{{ .password | urlquery | replace \"+\" \"%20\" }}",
            "@${var.database.host}:${var.database.port}/${var.database.name}?sslmode=${var.database.sslmode}",
          ])
        }
      }
    },
    var.grafana == null ? {} : {
      (local.grafana_secret) = {
        namespace = var.grafana.namespace
        account   = "job-hunter-grafana-secrets"
        path      = var.external_secrets.grafana_path
        role      = var.external_secrets.grafana_vault_role
        data      = { JOB_HUNTER_PG_PASSWORD = "{{ .password }}" }
      }
    },
  ) : {}

  vault_keys = local.uses_vault ? merge(
    { (local.app_secret) = var.external_secrets.app_key },
    local.deploys_server ? { (local.prefect_secret) = var.external_secrets.prefect_key } : {},
  ) : {}
}

# Vault's Kubernetes login checks this account: bind its role to name and namespace.
resource "kubernetes_service_account_v1" "secrets" {
  for_each = local.vault_logins

  metadata {
    name      = each.value.account
    namespace = each.value.namespace
    labels    = local.labels
  }
  automount_service_account_token = false
}

resource "kubernetes_manifest" "login" {
  for_each = local.vault_logins

  manifest = {
    apiVersion = "generators.external-secrets.io/v1alpha1"
    kind       = "VaultDynamicSecret"
    metadata = {
      name      = each.key
      namespace = each.value.namespace
      labels    = local.labels
    }
    spec = {
      path       = each.value.path
      method     = "GET"
      resultType = "Data"
      provider = merge(
        {
          server = var.external_secrets.vault_address
          auth = {
            kubernetes = {
              mountPath         = var.external_secrets.vault_auth_mount
              role              = each.value.role
              serviceAccountRef = { name = kubernetes_service_account_v1.secrets[each.key].metadata[0].name }
            }
          }
        },
        var.external_secrets.vault_ca_bundle == null ? {} : { caBundle = var.external_secrets.vault_ca_bundle },
      )
    }
  }
}

resource "kubernetes_manifest" "login_secret" {
  for_each = local.vault_logins

  manifest = {
    apiVersion = var.external_secrets.api_version
    kind       = "ExternalSecret"
    metadata = {
      name      = each.key
      namespace = each.value.namespace
      labels    = local.labels
    }
    spec = {
      refreshInterval = var.external_secrets.refresh_interval
      target = {
        name           = each.key
        creationPolicy = "Owner"
        template = {
          engineVersion = "v2"
          data          = each.value.data
        }
      }
      dataFrom = [{
        sourceRef = {
          generatorRef = {
            apiVersion = "generators.external-secrets.io/v1alpha1"
            kind       = "VaultDynamicSecret"
            name       = each.key
          }
        }
      }]
    }
  }
  depends_on = [kubernetes_manifest.login]
}

resource "kubernetes_manifest" "key_secret" {
  for_each = local.vault_keys

  manifest = {
    apiVersion = var.external_secrets.api_version
    kind       = "ExternalSecret"
    metadata = {
      name      = each.key
      namespace = local.namespace
      labels    = local.labels
    }
    spec = {
      refreshInterval = var.external_secrets.refresh_interval
      secretStoreRef = {
        kind = "ClusterSecretStore"
        name = var.external_secrets.secret_store
      }
      target = {
        name           = each.key
        creationPolicy = "Owner"
      }
      dataFrom = [{ extract = { key = each.value } }]
    }
  }
}
