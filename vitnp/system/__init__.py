"""What the operating system provides: cores, memory, BLAS's threads, files, the network. Imports `errors` alone.

cores.py     the cores that this process may use      writing.py   files are renamed when they are complete
memory.py    keeps freed memory for the next step     reading.py   files that somebody else made, within bounds
blas.py      sets BLAS's thread count                 pickles.py   reads pickles without running them
arithmetic.py  which kernels decide the last bits     tar.py       members of a .tar.gz, within bounds
threads.py   a pool of threads that is kept           lock.py      a folder for one process at a time
launcher.py  detects a start by mpiexec               cache.py     the folder of downloaded files
output.py    lines for a person to read               transfer.py  downloads one file over HTTP
                                                      answers.py   what an HTTP server answers
                                                      placeholders.py  what stands for names in a pickle
"""
