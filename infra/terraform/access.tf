# One account for each workload, so that a right given to one is nobody else's. Only the worker speaks to Kubernetes;
# the others' tokens are not mounted.
locals {
  accounts = toset(concat(
    ["worker", "receiver", "flow", "bootstrap"],
    local.deploys_server ? ["prefect"] : [],
  ))
}

resource "kubernetes_service_account_v1" "this" {
  for_each = local.accounts

  metadata {
    name      = "job-hunter-${each.key}"
    namespace = local.namespace
    labels    = local.labels
  }
  automount_service_account_token = false

  dynamic "image_pull_secret" {
    for_each = var.image_pull_secrets
    content {
      name = image_pull_secret.value
    }
  }
}

# What the Kubernetes worker of Prefect does: make Jobs, watch them and their pods, stream logs, stop what is cancelled.
# Without events it cannot tell why a pod does not start, and the run stays pending for ever.
resource "kubernetes_role_v1" "worker" {
  metadata {
    name      = "job-hunter-worker"
    namespace = local.namespace
    labels    = local.labels
  }
  rule {
    api_groups = ["batch"]
    resources  = ["jobs"]
    verbs      = ["get", "list", "watch", "create", "update", "patch", "delete"]
  }
  rule {
    api_groups = [""]
    resources  = ["pods", "pods/log", "pods/status", "events"]
    verbs      = ["get", "watch", "list"]
  }
}

resource "kubernetes_role_binding_v1" "worker" {
  metadata {
    name      = "job-hunter-worker"
    namespace = local.namespace
    labels    = local.labels
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "Role"
    name      = kubernetes_role_v1.worker.metadata[0].name
  }
  subject {
    kind      = "ServiceAccount"
    name      = kubernetes_service_account_v1.this["worker"].metadata[0].name
    namespace = local.namespace
  }
}
