# SPDX-License-Identifier: Apache-2.0
# Sphinx configuration of the guide; docs/guide/build calls it. The same sources give the same bytes: no dates,
# no names of the build machine.
import os

project = "QRV"
release = version = os.environ["QRV_VERSION"]
author = "QRV"
language = "en"
root_doc = "index"
extensions = []
exclude_patterns = ["README.md", "**/*.inc"]
smartquotes = False
nitpicky = True
highlight_language = "none"
pygments_style = "default"

html_theme = "alabaster"
html_title = f"QRV {version}"
html_static_path = ["static"]
html_css_files = ["qrv.css"]
html_show_copyright = False
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False
html_last_updated_fmt = None
html_theme_options = {
    "description": "A QNX-Neutrino-compatible system for 64-bit RISC-V",
    "fixed_sidebar": True,
    "page_width": "1100px",
    "sidebar_width": "240px",
    "show_powered_by": False,
}
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}

# Sphinx 5 brings libraries that nothing here uses; docs/guide/build removes the files.
UNUSED = ("jquery", "underscore", "_sphinx_javascript_frameworks_compat")


def drop_unused(app, page, template, context, doctree):
    context["script_files"] = [file for file in context.get("script_files", [])
                               if not any(word in str(getattr(file, "filename", file)) for word in UNUSED)]


def setup(app):
    app.connect("html-page-context", drop_unused)
    return {"parallel_read_safe": True}
