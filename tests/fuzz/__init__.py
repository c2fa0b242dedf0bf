"""Fuzzing: whatever comes in, nothing but VssxError may leave a reader.

A module of ``tests.fuzz.readers`` is one harness: ``seeds()`` gives valid inputs, ``read(data)`` reads one input.
``run.py`` runs all of them under atheris; ``test_readers.py`` runs them on their seeds and on damaged seeds.
"""
