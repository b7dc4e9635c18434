# SPDX-License-Identifier: MIT
"""A lint that cannot fail is worth nothing: plants each kind of violation and wants it found."""
import pathlib
import re
import shutil
import tempfile

from lintlib.tree import Tree

COPIED = (".clang-format", "CMakeLists.txt", "cmake", "base", "spec/constants.toml", "tools/lint", "tools/lintlib",
          "tools/gen-constants", "device/include/otaria/constants.h", "tests/guard.c", "tests/guard.h",
          "firmware/emon/error_table.h")
SPDX = "// SPDX-License-Identifier: MIT\n"
SCRIPT = "#!/usr/bin/env bash\n# SPDX-License-Identifier: MIT\n"
CLEAN = SPDX + """#include <stdint.h>
#include <string.h>

int otaria_clean_copy(uint8_t *to, const uint8_t *from, uint32_t len);

int otaria_clean_copy(uint8_t *to, const uint8_t *from, uint32_t len)
{
    memcpy(to, from, len);
    return 0;
}
"""
LONG = SPDX + "void f(int *p);\n\nvoid f(int *p)\n{\n" + "    ++*p;\n" * 101 + "}\n"
BRANCHY = SPDX + "int f(int a);\n\nint f(int a)\n{\n" + "".join(
    f"    if (a == {i})\n        return {i};\n" for i in range(16)) + "    return 0;\n}\n"


def function(body, head="int f(int a)"):
    """A file whose only function has this body, which starts in line 6."""
    return f"{SPDX}{head};\n\n{head}\n{{\n{body}}}\n"


# (check, file, its content, line of the finding, a word of the finding). "+" adds to a copied file.
CASES = (
    ("format", "base/bad.c", function("  return a;\n"), 5, "clang-format"),
    ("spdx", "base/bad.c", "int f;\n", 1, "licence"),
    ("spdx", "tools/bad", "#!/bin/sh\ntrue\n", 1, "licence"),
    ("functions", "base/bad.c", LONG, 4, "lines"),
    ("functions", "base/bad.c", BRANCHY, 4, "complexity"),
    ("functions", "base/bad.c", LONG.replace("void f(int *p)", "int main(void)").replace("    ++*p;\n" * 40, "", 1), 4, "60"),
    ("functions", "tools/lint-allow", "function base/err.c:err_set it is fine\n", 1, "no exception"),
    ("files", "base/bad.c", SPDX + "\n" * 800, 801, "800"),
    ("files", "base/bad.h", SPDX + "\n" * 400, 401, "400"),
    *(("banned", "base/bad.c", function(f"    {call};\n"), 6, call.partition("(")[0]) for call in (
        "strcpy(a, b)", "strcat(a, b)", "sprintf(a, b)", "strtok(a, b)", "atoi(a)", "alloca(a)", "gets(a)",
        "rand()", "system(a)")),
    ("banned", "device/src/bad.c", function("    return malloc(a);\n"), 6, "malloc"),
    ("conditionals", "device/src/bad.c", function("#ifdef A\n    a++;\n#endif\n    return a;\n"), 6, "inside"),
    ("device", "device/src/bad.c", function("    return _Generic(a, int : 1);\n"), 6, "_Generic"),
    ("device", "device/src/bad.c", SPDX + "#include <stdatomic.h>\n", 2, "stdatomic"),
    ("device", "device/src/bad.c", SPDX + "#include <stdio.h>\n", 2, "stdio"),
    ("includes", "base/bad.c", SPDX + '#include "release/release.h"\n', 2, "may not include"),
    ("includes", "device/src/bad.c", SPDX + '#include "base/err.h"\n', 2, "may not include"),
    ("includes", "server/http/bad.c", SPDX + '#include "../store/store.h"\n', 2, "may not include"),
    ("words", "base/bad.c", SPDX + "// TO" + "DO\n", 2, "finish"),
    ("words", "README.md", "see /ro" + "ot/x\n", 1, "one machine"),
    ("words", "README.md", "deb.debi" + "an.org\n", 1, "registry"),
    ("constants", "device/include/otaria/constants.h", "+\n", 1, "gen-constants"),
    ("shell", "tools/bad", SCRIPT + "cd $1\n", 3, "quote"),
    ("headers", "base/bad.h", SPDX + "uint8_t f(void);\n", 2, "uint8_t"),
    ("headers", "device/include/otaria/bad.h", SPDX + "struct bad {\n    int class;\n};\n", 3, "C++17"),
    ("lx106", "device/src/bad.c", function("    int b[a];\n    return b[0];\n"), 6, "variable length"),
    ("lx106", "device/src/bad.c", function("    extern int puts(const char *);\n    return puts(\"\") + a;\n"), 6, "puts"),
    ("lx106", "device/src/bad.c", function(
        "    volatile char b[2000];\n    b[a] = 0;\n    return b[a];\n"), 4, "stack usage"),
    ("armhf", "base/bad.c", SPDX + '_Static_assert(sizeof(void *) == 8, "64-bit only");\n', 2, "64-bit only"),
    ("cppcheck", "base/bad.c", function("    int b[2] = {0, 0};\n    return a + b[2];\n"), 7, "bounds"),
    ("tidy", "base/bad.c", SPDX + "#include <stdlib.h>\n#include <string.h>\n\nvoid *f(char *p);\n\n"
     "void *f(char *p)\n{\n    return malloc(strlen(p + 1));\n}\n", 9, "strlen"),
    ("gcc", "base/hex.c", "+static int unused_here(void)\n{\n    return 1;\n}\n", None, "unused"),
    ("clang", "base/hex.c", "+static int unused_here(void)\n{\n    return 1;\n}\n", None, "unused"),
)


def make_copy(root, to):
    for name in COPIED:
        source, target = root / name, to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (to / "device/src").mkdir()
    (to / "device/src/clean.c").write_text(CLEAN)


def caught(copy, check, case):
    """Whether the check names the planted place; the tree is as before afterwards."""
    _, name, content, line, word = case
    path = copy / name
    before = path.read_text() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((before or "") + content[1:] if content.startswith("+") else content)
    findings = list(check(Tree(copy)))
    if before is None:
        path.unlink()
    else:
        path.write_text(before)
    place = re.escape(name) + (rf":{line}: " if line else r":\d+: ")
    return any(re.match(place, f) and word in f for f in findings), findings


def run(root, checks):
    """Exit status: 0 when a clean copy passes every check and every planted violation is found."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder)
        make_copy(root, copy)
        for name, check in checks.items():
            findings = list(check(Tree(copy)))
            if findings:
                failed += 1
                print(f"FAIL {name}: finds something in a clean copy: {findings[0]}")
        for case in CASES:
            found, findings = caught(copy, checks[case[0]], case)
            print(f"{'ok  ' if found else 'FAIL'} {case[0]:14} {case[1]}: {case[4]}")
            if not found:
                failed += 1
                print("     it found: " + (" | ".join(findings) or "nothing"))
    for name in set(checks) - {case[0] for case in CASES}:
        failed += 1
        print(f"FAIL {name}: no violation of this kind is planted")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0
