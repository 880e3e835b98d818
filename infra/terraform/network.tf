# Nothing of ours is reached, or reaches anything, but what is listed here. The Prefect API above all: it has no
# authentication, and who reaches it runs what they like.

locals {
  # Peers: a namespace with labels of its pods, addresses, or components of ours.
  dns      = [{ namespace = "kube-system", labels = {}, cidr = null, except = [] }]
  postgres = var.database.namespace != null ? [{ namespace = var.database.namespace, labels = var.database.pod_labels, cidr = null, except = [] }] : [for cidr in var.database.cidrs : { namespace = null, labels = {}, cidr = cidr, except = [] }]
  prefect = local.deploys_server ? [local.component.prefect] : (
    var.prefect.namespace != null ? [{ namespace = var.prefect.namespace, labels = var.prefect.pod_labels, cidr = null, except = [] }] : [for cidr in var.prefect.cidrs : { namespace = null, labels = {}, cidr = cidr, except = [] }]
  )
  prefect_port = local.deploys_server ? 4200 : var.prefect.port
  component = {
    for name in ["prefect", "worker", "receiver", "bootstrap", "tidy", "flow-run"] : name => {
      namespace = null, labels = merge(local.ours, { "app.kubernetes.io/component" = name }), cidr = null, except = []
    }
  }
  # The public web: not the cluster, not the home network, not the cloud's metadata address.
  private = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "224.0.0.0/4", "240.0.0.0/4",
  ]
  web = [
    { namespace = null, labels = {}, cidr = "0.0.0.0/0", except = local.private },
    { namespace = null, labels = {}, cidr = "::/0", except = ["::1/128", "fc00::/7", "fe80::/10", "ff00::/8"] },
  ]
  kubernetes_api = var.kubernetes_api != null ? [
    { peers = [for cidr in var.kubernetes_api.cidrs : { namespace = null, labels = {}, cidr = cidr, except = [] }], ports = [var.kubernetes_api.port] }
    ] : [
    for subset in data.kubernetes_endpoints_v1.api[0].subset : {
      peers = [for address in subset.address : {
        namespace = null, labels = {}, cidr = strcontains(address.ip, ":") ? "${address.ip}/128" : "${address.ip}/32", except = []
      }]
      ports = [for port in subset.port : port.port]
    }
  ]
  destinations = [
    for one in var.flow_destinations : {
      peers = one.namespace != null ? [{ namespace = one.namespace, labels = one.pod_labels, cidr = null, except = [] }] : [for cidr in one.cidrs : { namespace = null, labels = {}, cidr = cidr, except = [] }]
      ports = [one.port]
    }
  ]

  to_prefect  = { peers = local.prefect, ports = [local.prefect_port] }
  to_postgres = { peers = local.postgres, ports = [var.database.port] }

  policies = merge(
    {
      worker = {
        ingress = []
        egress  = concat([local.to_prefect], local.kubernetes_api)
      }
      receiver = {
        ingress = [{
          peers = concat(
            [for one in var.receiver_clients : { namespace = one.namespace, labels = one.pod_labels, cidr = null, except = [] }],
            var.grafana == null ? [] : [{ namespace = var.grafana.namespace, labels = {}, cidr = null, except = [] }],
          )
          ports = [8080]
        }]
        egress = [local.to_prefect, local.to_postgres]
      }
      flow-run = {
        ingress = []
        egress = concat(
          [local.to_prefect, local.to_postgres, { peers = local.web, ports = sort(var.web_ports) }],
          local.destinations,
        )
      }
      bootstrap = { ingress = [], egress = [local.to_prefect] }
      tidy      = { ingress = [], egress = [local.to_prefect] }
    },
    local.deploys_server ? {
      prefect = {
        ingress = [{
          peers = concat(
            [for name in ["worker", "receiver", "flow-run", "bootstrap", "tidy"] : local.component[name]],
            [for one in var.prefect.ui_clients : { namespace = one.namespace, labels = one.pod_labels, cidr = null, except = [] }],
          )
          ports = [4200]
        }]
        egress = [local.to_postgres]
      }
    } : {},
  )
}

# Every pod of ours asks the cluster's DNS, and may do nothing else unless a policy below says so.
resource "kubernetes_network_policy_v1" "default" {
  metadata {
    name      = "job-hunter"
    namespace = local.namespace
    labels    = local.labels
  }
  spec {
    policy_types = ["Ingress", "Egress"]

    pod_selector {
      match_labels = local.ours
    }
    egress {
      dynamic "to" {
        for_each = local.dns
        content {
          namespace_selector {
            match_labels = { "kubernetes.io/metadata.name" = to.value.namespace }
          }
        }
      }
      dynamic "to" {
        for_each = var.dns_cidrs
        content {
          ip_block {
            cidr = to.value
          }
        }
      }
      ports {
        port     = "53"
        protocol = "UDP"
      }
      ports {
        port     = "53"
        protocol = "TCP"
      }
    }
  }
}

resource "kubernetes_network_policy_v1" "this" {
  for_each = local.policies

  metadata {
    name      = "job-hunter-${each.key}"
    namespace = local.namespace
    labels    = local.labels
  }
  spec {
    policy_types = ["Ingress", "Egress"]

    pod_selector {
      match_labels = local.component[each.key].labels
    }

    # A rule without peers would let everybody in: where nobody may come, there is no rule.
    dynamic "ingress" {
      for_each = [for rule in each.value.ingress : rule if length(rule.peers) > 0]
      content {
        dynamic "from" {
          for_each = ingress.value.peers
          content {
            dynamic "namespace_selector" {
              for_each = from.value.namespace == null ? [] : [from.value.namespace]
              content {
                match_labels = { "kubernetes.io/metadata.name" = namespace_selector.value }
              }
            }
            dynamic "pod_selector" {
              for_each = length(from.value.labels) == 0 ? [] : [from.value.labels]
              content {
                match_labels = pod_selector.value
              }
            }
          }
        }
        dynamic "ports" {
          for_each = ingress.value.ports
          content {
            port     = tostring(ports.value)
            protocol = "TCP"
          }
        }
      }
    }
    dynamic "egress" {
      for_each = [for rule in each.value.egress : rule if length(rule.peers) > 0 && length(rule.ports) > 0]
      content {
        dynamic "to" {
          for_each = egress.value.peers
          content {
            dynamic "namespace_selector" {
              for_each = to.value.namespace == null ? [] : [to.value.namespace]
              content {
                match_labels = { "kubernetes.io/metadata.name" = namespace_selector.value }
              }
            }
            dynamic "pod_selector" {
              for_each = length(to.value.labels) == 0 ? [] : [to.value.labels]
              content {
                match_labels = pod_selector.value
              }
            }
            dynamic "ip_block" {
              for_each = to.value.cidr == null ? [] : [to.value]
              content {
                cidr   = ip_block.value.cidr
                except = ip_block.value.except
              }
            }
          }
        }
        dynamic "ports" {
          for_each = egress.value.ports
          content {
            port     = tostring(ports.value)
            protocol = "TCP"
          }
        }
      }
    }
  }
}
