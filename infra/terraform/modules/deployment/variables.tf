variable "name" {
  description = "The Deployment's name."
  type        = string
}

variable "namespace" {
  description = "Its namespace."
  type        = string
}

variable "component" {
  description = "What it is, as network policies select it: worker, receiver, prefect."
  type        = string
}

variable "labels" {
  description = "Labels of the Deployment and its pods."
  type        = map(string)
}

variable "annotations" {
  description = "Annotations of the Deployment: which Secrets Reloader restarts it for."
  type        = map(string)
  default     = {}
}

variable "image" {
  description = "The image."
  type        = string
}

variable "image_pull_policy" {
  description = "When the image is pulled."
  type        = string
}

variable "command" {
  description = "The command that runs."
  type        = list(string)
}

variable "env" {
  description = "Variables without secrets."
  type        = map(string)
}

variable "env_from_secrets" {
  description = "Secrets whose keys become variables."
  type        = list(string)
  default     = []
}

variable "env_secrets" {
  description = "Variables that must be there: each with the Secret and the key it comes from; without it no pod starts."
  type        = map(object({ secret = string, key = string }))
  default     = {}
}

variable "database_secret" {
  description = "The Secret of the database's address, mounted as a file; with it an init container migrates the schema."
  type        = string
  default     = null
}

variable "service_account_name" {
  description = "Its account."
  type        = string
}

variable "automount_token" {
  description = "Whether it speaks to Kubernetes, and so needs the account's token."
  type        = bool
  default     = false
}

variable "replicas" {
  description = "How many pods."
  type        = number
  default     = 1
}

variable "may_overlap" {
  description = "Whether old and new may run at once: the new one is then ready before the old one goes."
  type        = bool
  default     = false
}

variable "grace_seconds" {
  description = "Seconds to end in after SIGTERM."
  type        = number
  default     = 30
}

variable "port" {
  description = "The port it listens on, and is probed at."
  type        = number
}

variable "probes" {
  description = "Paths: alive answers while the process is sound, ready when it can do its work, and started within so many seconds."
  type = object({
    alive           = string
    ready           = string
    started_seconds = optional(number, 60)
  })
}

variable "resources" {
  description = "What it asks for, and the memory it may not exceed."
  type = object({
    cpu          = string
    memory       = string
    memory_limit = string
  })
}
