"""ViTs in ONNX files. The names of nodes and arrays are not looked at: what is computed decides what is what.

file.py        the file, by the `onnx` package; nothing is executed
graph.py       a graph's ViT as if it were in a file of ours         reader.py     its input; what is left out
walk.py        every operator once, in the graph's order
vit.py, stem.py   what was found as a configuration and parameters   parts.py      the two branches of a block

constants.py   arrays that do not depend on the image                fold.py       operators on them
resize.py      a table of positions at another size                  arrange.py    such arrays beside tensors
tensors.py     what a tensor that depends on the image is            layout.py     which of its axes is what
moves.py       operators that move its numbers                       rules.py      arithmetic
products.py    patches and layers                                    attention.py  scores, softmax, values
streams.py     norms, residuals, means                               functions.py  GELU, by its values
asked.py       axes and shapes that an operator asks for

Imports `models`, `inputs`, `ops`, `system`, `errors`, `stored`, `profiles`, `sidecar`, `layer_scale`.
"""
