"""The site with the notebooks that run in a browser, nothing installed: JupyterLite with Pyodide.

    python notebooks/lite                       build it: site/
    python notebooks/lite --check               build one around npm's Pyodide, and start it in a browser

`changes` says what differs in a browser, `adapted` makes the notebooks, `wheel` the package that the site serves,
`jupyterlite` builds the site around them, `front` makes its first page, `versions` compares the requirements with
Pyodide's, `core` fetches Pyodide's core, `chromium` starts a site with it, `node` runs a notebook in a full Pyodide,
`command` is the command line.
"""
