# A Deployment of our image as all of ours are: user 10001, nothing to write to but /tmp, no capabilities.
locals {
  selector = {
    "app.kubernetes.io/part-of"   = var.labels["app.kubernetes.io/part-of"]
    "app.kubernetes.io/component" = var.component
    "app.kubernetes.io/instance"  = var.name
  }
  database_folder = "/etc/job-hunter/database"
  env = merge(
    { HOME = "/tmp", PREFECT_HOME = "/tmp/prefect" },
    var.database_secret == null ? {} : { DB_CONNECTION_STRING_FILE = "${local.database_folder}/DB_CONNECTION_STRING" },
    var.env,
  )
}

resource "kubernetes_deployment_v1" "this" {
  metadata {
    name        = var.name
    namespace   = var.namespace
    labels      = merge(var.labels, local.selector)
    annotations = var.annotations
  }

  spec {
    replicas               = var.replicas
    revision_history_limit = 3

    strategy {
      type = var.may_overlap ? "RollingUpdate" : "Recreate"

      dynamic "rolling_update" {
        for_each = var.may_overlap ? [1] : []
        content {
          max_surge       = "1"
          max_unavailable = "0"
        }
      }
    }

    selector {
      match_labels = local.selector
    }

    template {
      metadata {
        labels = merge(var.labels, local.selector)
      }

      spec {
        service_account_name             = var.service_account_name
        automount_service_account_token  = var.automount_token
        enable_service_links             = false
        termination_grace_period_seconds = var.grace_seconds

        security_context {
          run_as_non_root = true
          run_as_user     = "10001"
          run_as_group    = "10001"
          fs_group        = "10001"

          seccomp_profile {
            type = "RuntimeDefault"
          }
        }

        dynamic "init_container" {
          for_each = var.database_secret == null ? [] : [1]
          content {
            name                       = "migrate"
            image                      = var.image
            image_pull_policy          = var.image_pull_policy
            command                    = ["job-hunter", "migrate"]
            termination_message_policy = "FallbackToLogsOnError"

            dynamic "env" {
              for_each = { for name in ["HOME", "DB_CONNECTION_STRING_FILE"] : name => local.env[name] }
              content {
                name  = env.key
                value = env.value
              }
            }
            resources {
              requests = { cpu = "100m", memory = "128Mi" }
              limits   = { memory = "512Mi" }
            }
            security_context {
              allow_privilege_escalation = false
              read_only_root_filesystem  = true

              capabilities {
                drop = ["ALL"]
              }
            }
            volume_mount {
              name       = "tmp"
              mount_path = "/tmp"
            }
            volume_mount {
              name       = "database"
              mount_path = local.database_folder
              read_only  = true
            }
          }
        }

        container {
          name                       = var.component
          image                      = var.image
          image_pull_policy          = var.image_pull_policy
          command                    = var.command
          termination_message_policy = "FallbackToLogsOnError"

          port {
            name           = "http"
            container_port = var.port
          }

          dynamic "env" {
            for_each = local.env
            content {
              name  = env.key
              value = env.value
            }
          }
          dynamic "env" {
            for_each = var.env_secrets
            content {
              name = env.key

              value_from {
                secret_key_ref {
                  name = env.value.secret
                  key  = env.value.key
                }
              }
            }
          }
          dynamic "env_from" {
            for_each = var.env_from_secrets
            content {
              secret_ref {
                name = env_from.value
              }
            }
          }

          startup_probe {
            period_seconds    = 5
            timeout_seconds   = 5
            failure_threshold = ceil(var.probes.started_seconds / 5)

            http_get {
              path = var.probes.alive
              port = "http"
            }
          }
          liveness_probe {
            period_seconds    = 20
            timeout_seconds   = 10
            failure_threshold = 6

            http_get {
              path = var.probes.alive
              port = "http"
            }
          }
          readiness_probe {
            period_seconds    = 10
            timeout_seconds   = 5
            failure_threshold = 3

            http_get {
              path = var.probes.ready
              port = "http"
            }
          }

          resources {
            requests = { cpu = var.resources.cpu, memory = var.resources.memory }
            limits   = { memory = var.resources.memory_limit }
          }
          security_context {
            allow_privilege_escalation = false
            read_only_root_filesystem  = true

            capabilities {
              drop = ["ALL"]
            }
          }
          volume_mount {
            name       = "tmp"
            mount_path = "/tmp"
          }
          dynamic "volume_mount" {
            for_each = var.database_secret == null ? [] : [1]
            content {
              name       = "database"
              mount_path = local.database_folder
              read_only  = true
            }
          }
        }

        volume {
          name = "tmp"

          empty_dir {
            size_limit = "1Gi"
          }
        }
        dynamic "volume" {
          for_each = var.database_secret == null ? [] : [1]
          content {
            name = "database"

            secret {
              secret_name  = var.database_secret
              default_mode = "0440"

              items {
                key  = "DB_CONNECTION_STRING"
                path = "DB_CONNECTION_STRING"
              }
            }
          }
        }
      }
    }
  }

  timeouts {
    create = "10m"
    update = "10m"
  }

  # Reloader, and `kubectl rollout restart`, note a restart there: an apply must not undo it by another one.
  lifecycle {
    ignore_changes = [spec[0].template[0].metadata[0].annotations]
  }
}
