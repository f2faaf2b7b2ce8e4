"""What the operating system gives: cores, memory, BLAS's threads, files, the network. Imports `errors` alone.

cores.py     which cores are this process's           writing.py   a file is written beside its name, then renamed
memory.py    freed memory is kept for the next step   pickles.py   pickles are read, never run
blas.py      how many threads BLAS takes              cache.py     the folder of what was fetched
threads.py   work in several threads, which are kept  transfer.py  one file over HTTP
launcher.py  whether mpiexec started this process
"""
