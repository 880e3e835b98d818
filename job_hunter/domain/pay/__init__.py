"""The pay reading: what a posting says it pays, or nothing."""

from __future__ import annotations

from job_hunter.domain.pay.reading import parse_pay, read_pay
from job_hunter.domain.pay.types import Band, Candidate, Label, Pay, PayHints, PayReading

PAY_READING = 4
"""Version of the pay rules: bump it whenever a rule changes, so that every stored posting is read again."""

__all__ = ["PAY_READING", "Band", "Candidate", "Label", "Pay", "PayHints", "PayReading", "parse_pay", "read_pay"]
