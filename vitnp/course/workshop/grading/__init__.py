"""What a teacher does with the students' zips: each is read within bounds and checked in fresh, limited processes.

submissions.py   zips and folders, read within bounds      sandbox.py   a process for each step, and its end
compared.py      what is the same, what is imported        judge.py     what runs in that process
grades.py        points, grades.csv, results.json          fence.py     what a student's code may not do in it
mistakes.py      how many made which mistake               pictures.py  what Matplotlib is in it
"""
