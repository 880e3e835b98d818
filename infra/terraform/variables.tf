variable "kubeconfig_path" {
  description = "The kubeconfig to use; null leaves it to KUBE_CONFIG_PATH or to the cluster Terraform runs in."
  type        = string
  default     = null
}

variable "kubeconfig_context" {
  description = "The context of the kubeconfig; null uses its current one."
  type        = string
  default     = null
}

variable "namespace" {
  description = "The namespace of everything but what Grafana reads."
  type        = string
  default     = "job-hunter"

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace: lower-case letters, digits and dashes, at most 63, such as job-hunter."
  }
}

variable "create_namespace" {
  description = "Whether to make the namespace, held to the restricted Pod Security Standard, or to use one that exists."
  type        = bool
  default     = true
}

variable "image" {
  description = "The image of worker, receiver, flow runs, bootstrap and Prefect server, with its version or digest."
  type        = string

  validation {
    condition     = can(regex("^[^\\s@]+(:[\\w][\\w.-]{0,127}|@sha256:[0-9a-f]{64})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "image: name a version or a digest, such as host/job-hunter:1.2.3; latest says nothing about what runs."
  }
}

variable "image_pull_policy" {
  description = "IfNotPresent suits an image named by version or digest."
  type        = string
  default     = "IfNotPresent"

  validation {
    condition     = contains(["IfNotPresent", "Always", "Never"], var.image_pull_policy)
    error_message = "image_pull_policy: IfNotPresent, Always or Never."
  }
}

variable "image_pull_secrets" {
  description = "Names of Secrets in the namespace that open a private image registry."
  type        = set(string)
  default     = []
}

variable "database" {
  description = <<-TEXT
    The Postgres, version 15 or newer. Pods reach it where it is: in a namespace (with labels, such as
    {"cnpg.io/cluster" = "main"}), or at addresses (cidrs) outside the cluster.
  TEXT
  type = object({
    host       = string
    port       = optional(number, 5432)
    name       = optional(string, "job_hunter")
    sslmode    = optional(string, "require")
    namespace  = optional(string)
    pod_labels = optional(map(string), {})
    cidrs      = optional(list(string), [])
  })

  validation {
    condition     = (var.database.namespace != null) != (length(var.database.cidrs) > 0)
    error_message = "database: give either the namespace Postgres runs in or its cidrs, so that pods may reach it and nothing else."
  }
  validation {
    condition     = alltrue([for cidr in var.database.cidrs : can(cidrhost(cidr, 0))])
    error_message = "database.cidrs: addresses such as 192.168.1.20/32."
  }
  validation {
    condition     = contains(["disable", "allow", "prefer", "require", "verify-ca", "verify-full"], var.database.sslmode)
    error_message = "database.sslmode: disable, allow, prefer, require, verify-ca or verify-full."
  }
  validation {
    condition     = var.database.port > 0 && var.database.port < 65536
    error_message = "database.port: 1 to 65535."
  }
}

variable "external_secrets" {
  description = <<-TEXT
    Secrets from Vault by the External Secrets Operator; null makes plain Secrets of `secrets`. The operator's CRDs must
    be in the cluster before `terraform plan`. `vault_address` and the roles are for the database credentials, which
    Vault's database engine rotates; `secret_store` is a ClusterSecretStore for the keys of the key-value engine;
    `vault_ca_bundle` is the base64 of a certificate, if Vault's is signed by an authority of your own.
  TEXT
  type = object({
    vault_address      = string
    vault_role         = optional(string, "job-hunter")
    grafana_vault_role = optional(string, "job-hunter-grafana")
    vault_auth_mount   = optional(string, "kubernetes")
    vault_ca_bundle    = optional(string)
    database_path      = optional(string, "database/static-creds/job-hunter")
    grafana_path       = optional(string, "database/static-creds/job-hunter-grafana")
    secret_store       = optional(string, "vault")
    app_key            = optional(string, "job-hunter/app")
    prefect_key        = optional(string, "job-hunter/prefect")
    refresh_interval   = optional(string, "5m")
    api_version        = optional(string, "external-secrets.io/v1")
  })
  default = null

  validation {
    condition     = var.external_secrets == null || can(regex("^https?://", var.external_secrets.vault_address))
    error_message = "external_secrets.vault_address: an address such as https://vault.vault.svc:8200."
  }
  validation {
    condition     = var.external_secrets == null || can(regex("^([0-9]|1[0-5])m$", var.external_secrets.refresh_interval))
    error_message = "external_secrets.refresh_interval: 1m to 15m; a rotated password must arrive within the 20 minutes that a flow waits for it."
  }
  validation {
    condition     = try(contains(["external-secrets.io/v1", "external-secrets.io/v1beta1"], var.external_secrets.api_version), var.external_secrets == null)
    error_message = "external_secrets.api_version: external-secrets.io/v1, or v1beta1 for an operator before 0.16."
  }
}

variable "secrets" {
  description = <<-TEXT
    The secrets themselves when there is no Vault: never in the state, so they are given at every apply, best as
    TF_VAR_secrets. database_url is postgresql://user:password@host:5432/database; prefect_database_url is the same for
    Prefect's own database, as postgresql+asyncpg://.
  TEXT
  type = object({
    database_url                  = string
    webhook_bearer_token          = string
    webhook_bearer_token_previous = optional(string)
    cdio_api_key                  = optional(string)
    notify_urls                   = optional(string)
    prefect_database_url          = optional(string)
    grafana_password              = optional(string)
  })
  default   = null
  sensitive = true
  ephemeral = true

  validation {
    condition     = (var.secrets == null) == (var.external_secrets != null)
    error_message = "secrets: give either these or external_secrets, and not both."
  }
  validation {
    condition     = var.secrets == null || can(regex("^postgres(ql)?://[^\\s]+$", var.secrets.database_url))
    error_message = "secrets.database_url: postgresql://user:password@host:5432/database, special characters percent-encoded."
  }
  validation {
    condition     = var.secrets == null || try(length(var.secrets.webhook_bearer_token) >= 16, false)
    error_message = "secrets.webhook_bearer_token: at least 16 characters; `openssl rand -hex 32` makes one."
  }
  validation {
    condition     = var.secrets == null || var.prefect.api_url != null || can(regex("^postgresql\\+asyncpg://[^\\s]+$", var.secrets.prefect_database_url))
    error_message = "secrets.prefect_database_url: postgresql+asyncpg://user:password@host:5432/prefect; the Prefect server deployed here keeps its state there."
  }
  validation {
    condition     = var.secrets == null || var.grafana == null || try(length(var.secrets.grafana_password) > 0, false)
    error_message = "secrets.grafana_password: the password of Grafana's role; or set grafana = null."
  }
}

variable "secrets_revision" {
  description = "Raise it with every change of `secrets`: what is not in the state cannot be compared with it."
  type        = number
  default     = 1

  validation {
    condition     = var.secrets_revision >= 1 && floor(var.secrets_revision) == var.secrets_revision
    error_message = "secrets_revision: a whole number from 1."
  }
}

variable "settings" {
  description = "Settings without secrets for flow runs and receiver, such as CDIO_BASE_URL or JOB_HUNTER_NOTIFY; docs/settings.md lists them."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^(JOB_HUNTER_[A-Z0-9_]+|CDIO_BASE_URL)$", name))])
    error_message = "settings: only CDIO_BASE_URL and names that begin with JOB_HUNTER_; secrets belong into `secrets` or Vault."
  }
  validation {
    condition = length(setintersection(keys(var.settings), [
      "JOB_HUNTER_NOTIFY_URLS", "JOB_HUNTER_CONFIG_DIR", "JOB_HUNTER_DATA_DIR", "JOB_HUNTER_DB_BLOCK"
    ])) == 0
    error_message = "settings: JOB_HUNTER_NOTIFY_URLS is a secret; the folders and the database are set here already."
  }
}

variable "config_dir" {
  description = "A folder of YAML files in place of the image's config/, so that adding a company needs no new image; null uses the image's."
  type        = string
  default     = null

  validation {
    condition     = var.config_dir == null || try(length(fileset(var.config_dir, "companies.yaml")), 0) == 1
    error_message = "config_dir: no companies.yaml there; copy the whole config folder, it is used in place of the image's."
  }
}

variable "prefect" {
  description = <<-TEXT
    A Prefect server (2.20) that exists, with where pods find it: in a namespace or at addresses. With api_url null one is
    deployed, with its own database in the same Postgres. It has no authentication: nothing from outside may reach it.
  TEXT
  type = object({
    api_url    = optional(string)
    port       = optional(number, 4200)
    namespace  = optional(string)
    pod_labels = optional(map(string), {})
    cidrs      = optional(list(string), [])
    ui_clients = optional(list(object({ namespace = string, pod_labels = optional(map(string), {}) })), [])
    ui_api_url = optional(string, "http://localhost:4200/api")
  })
  default = {}

  validation {
    condition     = var.prefect.api_url == null || can(regex("^https?://[^\\s]+/api$", var.prefect.api_url))
    error_message = "prefect.api_url: an address that ends with /api, such as http://prefect-server.prefect.svc:4200/api."
  }
  validation {
    condition     = (var.prefect.api_url != null) == ((var.prefect.namespace != null) != (length(var.prefect.cidrs) > 0))
    error_message = "prefect: with api_url, and only then, say where it is: a namespace or cidrs."
  }
  validation {
    condition     = alltrue([for cidr in var.prefect.cidrs : can(cidrhost(cidr, 0))])
    error_message = "prefect.cidrs: addresses such as 192.168.1.30/32."
  }
  validation {
    condition     = var.prefect.port > 0 && var.prefect.port < 65536
    error_message = "prefect.port: 1 to 65535."
  }
}

variable "receiver_clients" {
  description = "Who may post to the receiver: the namespace of changedetection.io, with its pods' labels if others live there."
  type = list(object({
    namespace  = string
    pod_labels = optional(map(string), {})
  }))
  default = []
}

variable "flow_destinations" {
  description = "What flow runs may reach in the cluster or the home network besides Postgres, Prefect and the web: changedetection.io, an ntfy server, a mail server."
  type = list(object({
    port       = number
    namespace  = optional(string)
    pod_labels = optional(map(string), {})
    cidrs      = optional(list(string), [])
  }))
  default = []

  validation {
    condition     = alltrue([for one in var.flow_destinations : (one.namespace != null) != (length(one.cidrs) > 0)])
    error_message = "flow_destinations: each with either a namespace or cidrs."
  }
  validation {
    condition = alltrue([
      for one in var.flow_destinations : one.port > 0 && one.port < 65536 && alltrue([for cidr in one.cidrs : can(cidrhost(cidr, 0))])
    ])
    error_message = "flow_destinations: ports 1 to 65535, and cidrs such as 192.168.1.5/32."
  }
}

variable "web_ports" {
  description = "Ports on which flow runs may reach public addresses; 443 is enough for all sources."
  type        = set(number)
  default     = [443]

  validation {
    condition     = alltrue([for port in var.web_ports : port > 0 && port < 65536])
    error_message = "web_ports: 1 to 65535."
  }
}

variable "dns_cidrs" {
  description = "Addresses of DNS caches on the nodes, besides the cluster's own DNS in kube-system."
  type        = list(string)
  default     = ["169.254.20.10/32"]

  validation {
    condition     = alltrue([for cidr in var.dns_cidrs : can(cidrhost(cidr, 0))])
    error_message = "dns_cidrs: addresses such as 169.254.20.10/32."
  }
}

variable "kubernetes_api" {
  description = "Where the worker reaches the Kubernetes API; null looks up the endpoints of the service kubernetes. Set it when those addresses change."
  type = object({
    cidrs = list(string)
    port  = optional(number, 6443)
  })
  default = null

  validation {
    condition = var.kubernetes_api == null || try(
      length(var.kubernetes_api.cidrs) > 0 && alltrue([for cidr in var.kubernetes_api.cidrs : can(cidrhost(cidr, 0))])
      && var.kubernetes_api.port > 0 && var.kubernetes_api.port < 65536, false
    )
    error_message = "kubernetes_api: at least one address such as 192.168.1.10/32, and a port; without one the worker reaches nothing."
  }
}

variable "cluster_uid" {
  description = "A fixed name of the cluster for Prefect; null uses the uid of the namespace kube-system, which the worker itself may not read."
  type        = string
  default     = null
}

variable "shard_workers" {
  description = "Workers of the shards' pool: 1 from about 2,000 boards on, when a refresh hands shards to Jobs of their own."
  type        = number
  default     = 0

  validation {
    condition     = contains([0, 1, 2], var.shard_workers)
    error_message = "shard_workers: 0, 1 or 2."
  }
}

variable "keep_runs_days" {
  description = "Days for which the Prefect server keeps flow runs that have ended."
  type        = number
  default     = 180

  validation {
    condition     = var.keep_runs_days >= 7
    error_message = "keep_runs_days: at least 7."
  }
}

variable "flow_memory_limit" {
  description = "The memory limit of a flow run."
  type        = string
  default     = "1Gi"

  validation {
    condition     = can(regex("^[0-9]+(Mi|Gi)$", var.flow_memory_limit))
    error_message = "flow_memory_limit: such as 1Gi or 1536Mi."
  }
}

variable "schedules_paused" {
  description = "Whether the deployments' schedules are created paused, for a first look."
  type        = bool
  default     = false
}

variable "grafana" {
  description = <<-TEXT
    Where Grafana runs, whose sidecar loads ConfigMaps by label; null leaves Grafana out. `sslmode` is the datasource's
    (disable, require, verify-ca or verify-full).
  TEXT
  type = object({
    namespace        = optional(string, "monitoring")
    user             = optional(string, "job_hunter_grafana")
    sslmode          = optional(string, "require")
    dashboard_label  = optional(string, "grafana_dashboard")
    datasource_label = optional(string, "grafana_datasource")
    alert_label      = optional(string, "grafana_alert")
    folder           = optional(string, "Job Hunter")
  })
  default = {}

  validation {
    condition     = var.grafana == null || contains(["disable", "require", "verify-ca", "verify-full"], try(var.grafana.sslmode, ""))
    error_message = "grafana.sslmode: disable, require, verify-ca or verify-full."
  }
}
