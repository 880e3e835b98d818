output "name" {
  description = "The Deployment's name, known when it is rolled out."
  value       = kubernetes_deployment_v1.this.metadata[0].name
}

output "selector" {
  description = "The labels by which a Service or a policy finds its pods."
  value       = local.selector
}
