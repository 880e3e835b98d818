# Pools, limits and deployments, by the image itself. Its name is the hash of all it applies: another image or setting makes
# another Job, and an unchanged apply makes none.
resource "kubernetes_job_v1" "bootstrap" {
  metadata {
    name      = "job-hunter-bootstrap-${local.bootstrap_hash}"
    namespace = local.namespace
    labels    = merge(local.labels, { "app.kubernetes.io/component" = "bootstrap" })
  }

  spec {
    backoff_limit           = 6
    active_deadline_seconds = 900

    template {
      metadata {
        labels = merge(local.labels, { "app.kubernetes.io/component" = "bootstrap" })
      }
      spec {
        restart_policy                  = "Never"
        service_account_name            = kubernetes_service_account_v1.this["bootstrap"].metadata[0].name
        automount_service_account_token = false
        enable_service_links            = false

        security_context {
          run_as_non_root = true
          run_as_user     = "10001"
          run_as_group    = "10001"
          fs_group        = "10001"

          seccomp_profile {
            type = "RuntimeDefault"
          }
        }
        container {
          name                       = "bootstrap"
          image                      = var.image
          image_pull_policy          = var.image_pull_policy
          command                    = local.bootstrap_command
          termination_message_policy = "FallbackToLogsOnError"

          dynamic "env" {
            for_each = merge({ HOME = "/tmp", PREFECT_HOME = "/tmp/prefect" }, local.prefect_env)
            content {
              name  = env.key
              value = env.value
            }
          }
          resources {
            requests = { cpu = "100m", memory = "192Mi" }
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
        }
        volume {
          name = "tmp"

          empty_dir {
            size_limit = "1Gi"
          }
        }
      }
    }
  }

  wait_for_completion = true

  timeouts {
    create = "15m"
    update = "15m"
  }

  depends_on = [module.prefect, kubernetes_service_v1.prefect, kubernetes_network_policy_v1.this]
}

# What a Prefect server never does by itself: end runs whose pod is gone, which would hold a slot of the pool for ever, and
# forget old ones.
resource "kubernetes_cron_job_v1" "tidy" {
  metadata {
    name      = "job-hunter-tidy"
    namespace = local.namespace
    labels    = merge(local.labels, { "app.kubernetes.io/component" = "tidy" })
  }

  spec {
    schedule                      = "17 * * * *"
    concurrency_policy            = "Forbid"
    starting_deadline_seconds     = 600
    successful_jobs_history_limit = 1
    failed_jobs_history_limit     = 2

    job_template {
      metadata {
        labels = merge(local.labels, { "app.kubernetes.io/component" = "tidy" })
      }
      spec {
        backoff_limit              = 0
        active_deadline_seconds    = 600
        ttl_seconds_after_finished = "86400"

        template {
          metadata {
            labels = merge(local.labels, { "app.kubernetes.io/component" = "tidy" })
          }
          spec {
            restart_policy                  = "Never"
            service_account_name            = kubernetes_service_account_v1.this["bootstrap"].metadata[0].name
            automount_service_account_token = false
            enable_service_links            = false

            security_context {
              run_as_non_root = true
              run_as_user     = "10001"
              run_as_group    = "10001"
              fs_group        = "10001"

              seccomp_profile {
                type = "RuntimeDefault"
              }
            }
            container {
              name                       = "tidy"
              image                      = var.image
              image_pull_policy          = var.image_pull_policy
              command                    = ["python", "-m", "flows.tidy", "--keep-days", tostring(var.keep_runs_days)]
              termination_message_policy = "FallbackToLogsOnError"

              dynamic "env" {
                for_each = merge({ HOME = "/tmp", PREFECT_HOME = "/tmp/prefect" }, local.prefect_env)
                content {
                  name  = env.key
                  value = env.value
                }
              }
              resources {
                requests = { cpu = "50m", memory = "192Mi" }
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
            }
            volume {
              name = "tmp"

              empty_dir {
                size_limit = "1Gi"
              }
            }
          }
        }
      }
    }
  }

  depends_on = [kubernetes_job_v1.bootstrap]
}
