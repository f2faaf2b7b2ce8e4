// Runs one notebook in a full Pyodide under Node: node node.mjs PYODIDE WHEEL NOTEBOOK
// PYODIDE is a folder with pyodide.mjs, its lock file and NumPy's wheel. Prints one line of JSON.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [pyodideFolder, wheel, notebook] = process.argv.slice(2);
const folder = path.resolve(pyodideFolder);
const PACKAGES = ["numpy", "scipy", "scikit-learn", "matplotlib", "pillow", "threadpoolctl", "ipython"];
const environment = { HOME: "/home/pyodide", MPLBACKEND: "agg" };

function seconds() {
  const used = process.cpuUsage();
  return (used.user + used.system) / 1e6;
}

function rounded(number) {
  return Math.round(number * 10) / 10;
}

const { loadPyodide } = await import(pathToFileURL(path.join(folder, "pyodide.mjs")).href);
const pyodide = await loadPyodide({ indexURL: folder + path.sep, env: environment });
await pyodide.loadPackage(PACKAGES, { messageCallback: () => {} });
pyodide.unpackArchive(new Uint8Array(fs.readFileSync(wheel)), "wheel");
pyodide.runPython(fs.readFileSync(new URL("in_pyodide.py", import.meta.url), "utf8"));
const run = pyodide.globals.get("run");
const start = rounded(seconds());

const cells = [];
for (const cell of JSON.parse(fs.readFileSync(notebook, "utf8")).cells) {
  if (cell.cell_type !== "code") continue;
  const began = seconds();
  const said = run([cell.source].flat().join("")).toJs({ dict_converter: Object.fromEntries });
  cells.push({ ...said, cpu: rounded(seconds() - began) });
}
console.log(JSON.stringify({ start, cells }));
