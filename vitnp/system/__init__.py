"""What the operating system provides: cores, memory, BLAS's threads, files, the network. Imports `errors` alone.

cores.py     the cores that this process may use      writing.py   files are renamed when they are complete
memory.py    keeps freed memory for the next step     pickles.py   reads pickles without running them
blas.py      sets BLAS's thread count                 cache.py     the folder of downloaded files
threads.py   a pool of threads that is kept           transfer.py  downloads one file over HTTP
launcher.py  detects a start by mpiexec               reading.py   files that somebody else made, within bounds
                                                      tar.py       members of a .tar.gz, within bounds
"""
