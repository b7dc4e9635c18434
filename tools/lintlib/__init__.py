# SPDX-License-Identifier: MIT
"""The checks behind tools/lint."""
