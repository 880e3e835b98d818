"""job_hunter: who hires, and what they pay, as a dated series with labelled evidence."""

from __future__ import annotations

__version__ = "0.1.0"
