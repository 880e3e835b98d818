resource "kubernetes_namespace_v1" "this" {
  count = var.create_namespace ? 1 : 0

  metadata {
    name = var.namespace
    labels = merge(local.labels, {
      "pod-security.kubernetes.io/enforce" = "restricted"
      "pod-security.kubernetes.io/audit"   = "restricted"
      "pod-security.kubernetes.io/warn"    = "restricted"
    })
  }
}

# The worker names the cluster by this uid. It may not read it itself: with rights in its own namespace only, it would
# report every run as crashed, after its Job was made.
data "kubernetes_namespace_v1" "kube_system" {
  count = var.cluster_uid == null ? 1 : 0

  metadata {
    name = "kube-system"
  }
}

data "kubernetes_endpoints_v1" "api" {
  count = var.kubernetes_api == null ? 1 : 0

  metadata {
    name      = "kubernetes"
    namespace = "default"
  }
}

# The YAML files of config/, when they are not the image's.
resource "kubernetes_config_map_v1" "config" {
  count = var.config_dir == null ? 0 : 1

  metadata {
    name      = local.config_map
    namespace = local.namespace
    labels    = local.labels
  }
  data = { for file in fileset(var.config_dir, "*.yaml") : file => file("${var.config_dir}/${file}") }

  lifecycle {
    precondition {
      condition     = sum([for file in fileset(var.config_dir, "*.yaml") : length(filebase64("${var.config_dir}/${file}"))]) < 1300000
      error_message = "config_dir: a ConfigMap holds 1 MiB at most; build the files into the image instead."
    }
  }
}
