output "name" {
  description = "The Deployment's name, known when it is rolled out."
  value       = kubernetes_deployment_v1.this.metadata[0].name
}

output "selector" {
  description = "The labels by which a Service or a policy finds its pods."
  value       = local.selector
}

output "container" {
  description = "What runs in its pods."
  value = {
    image   = var.image
    command = var.command
    env     = local.env
    secrets = sort(concat(var.env_from_secrets, values(var.env_secrets)[*].secret, var.database_secret == null ? [] : [var.database_secret]))
  }
}
