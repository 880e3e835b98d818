"""`python -m job_hunter`."""

from __future__ import annotations

from job_hunter.cli import main

main()
