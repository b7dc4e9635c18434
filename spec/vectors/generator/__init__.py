# SPDX-License-Identifier: MIT
"""Test vectors for spec/FORMAT.md, made without any of the C code."""
