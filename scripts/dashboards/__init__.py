"""Grafana's dashboards as code: `python -m scripts.dashboards` writes infra/grafana/dashboards/*.json."""
