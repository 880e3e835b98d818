"""The fixtures of the flows, for those that take their time."""

from tests.flows.conftest import empty_copy, make_market, market, readings, run_flow

__all__ = ["empty_copy", "make_market", "market", "readings", "run_flow"]
