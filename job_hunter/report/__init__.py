"""The market-leaders report, rendered: terminal, markdown, HTML, JSON."""

from __future__ import annotations

from job_hunter.report.render import render_html, render_json, render_markdown
from job_hunter.report.terminal import render_terminal

__all__ = ["render_html", "render_json", "render_markdown", "render_terminal"]
