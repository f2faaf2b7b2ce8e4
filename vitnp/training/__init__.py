"""What makes a training reliable, beside the loop in `train.py`: checkpoints, metrics, signals, and a run's folder.

progress.py     what a training is between two steps    metrics.py   rows as CSV, JSON lines and TensorBoard events
checkpoints.py  the files that hold it                  signals.py   Ctrl-C and SIGTERM, heard between two steps
head.py         training the head alone                 evaluate.py  how often a model is right
run.py          a training in a folder of its own       guards.py    what training cannot go on with
"""
