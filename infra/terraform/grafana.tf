# What Grafana's sidecar picks up in its own namespace. The password stays in a Secret that Grafana reads as
# JOB_HUNTER_PG_PASSWORD; README.md says how.
locals {
  dashboards_folder = "${path.module}/../grafana/dashboards"
  alerts_folder     = "${path.module}/../grafana/alerting"
  dashboards        = var.grafana == null ? toset([]) : fileset(local.dashboards_folder, "*.json")
  alerts            = var.grafana == null ? toset([]) : fileset(local.alerts_folder, "*.{yaml,yml}")
}

resource "kubernetes_config_map_v1" "dashboard" {
  for_each = local.dashboards

  metadata {
    name        = "job-hunter-dashboard-${replace(lower(trimsuffix(each.value, ".json")), "/[^a-z0-9-]+/", "-")}"
    namespace   = var.grafana.namespace
    labels      = merge(local.labels, { (var.grafana.dashboard_label) = "1" })
    annotations = { grafana_folder = var.grafana.folder }
  }
  data = { (each.value) = file("${local.dashboards_folder}/${each.value}") }
}

resource "kubernetes_config_map_v1" "datasource" {
  count = var.grafana == null ? 0 : 1

  metadata {
    name      = "job-hunter-datasource"
    namespace = var.grafana.namespace
    labels    = merge(local.labels, { (var.grafana.datasource_label) = "1" })
  }
  data = {
    "job-hunter.yaml" = yamlencode({
      apiVersion = 1
      datasources = [{
        name     = "Job Hunter"
        uid      = "job-hunter-pg"
        type     = "postgres"
        access   = "proxy"
        url      = "${var.database.host}:${var.database.port}"
        user     = var.grafana.user
        editable = false
        jsonData = {
          # Grafana from 11.2 on reads the database here and nowhere else.
          database        = var.database.name
          sslmode         = var.grafana.sslmode
          postgresVersion = 1500
          maxOpenConns    = 5
          connMaxLifetime = 3600
        }
        secureJsonData = { password = "$__env{JOB_HUNTER_PG_PASSWORD}" }
      }]
    })
  }
}

resource "kubernetes_config_map_v1" "alert" {
  for_each = local.alerts

  metadata {
    name      = "job-hunter-alert-${replace(lower(replace(each.value, "/\\.ya?ml$/", "")), "/[^a-z0-9-]+/", "-")}"
    namespace = var.grafana.namespace
    labels    = merge(local.labels, { (var.grafana.alert_label) = "1" })
  }
  data = { (each.value) = file("${local.alerts_folder}/${each.value}") }
}
