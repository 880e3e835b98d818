"""Prefect flows: orchestration and nothing else; a task body is one use-case call."""
