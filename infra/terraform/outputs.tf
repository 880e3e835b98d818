output "namespace" {
  description = "Where everything runs."
  value       = local.namespace
}

output "prefect_api_url" {
  description = "Prefect's API, as pods reach it."
  value       = local.api_url
}

output "prefect_ui" {
  description = "How to open Prefect's UI; null with a server of your own."
  value       = local.deploys_server ? "kubectl -n ${local.namespace} port-forward service/job-hunter-prefect 4200" : null
}

output "webhook_url" {
  description = "Where changedetection.io posts; cdio-seed writes it there by itself."
  value       = "${local.receiver_url}/webhook/cdio"
}

output "work_pools" {
  description = "The pools that have a worker."
  value       = [for pool in values(local.pools) : pool.pool]
}

output "bootstrap_job" {
  description = "The Job that applied pools, limits and deployments."
  value       = kubernetes_job_v1.bootstrap.metadata[0].name
}

output "image" {
  description = "The image that runs."
  value       = var.image
}

output "dashboards" {
  description = "The dashboards handed to Grafana."
  value       = sort(local.dashboards)
}
