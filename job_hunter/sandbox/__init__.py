"""A replica of the outside world: boards, threads, pay pages and exchange rates, with the truth behind them.

It serves the demo, the tests and the benchmarks. It imports nothing else of the product, so that its truth is
independent of the code it checks. Every company, person and figure in it is invented.
"""
