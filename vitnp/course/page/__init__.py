"""Interactive pages, each one HTML file that needs nothing else: a ViT's every tensor, and a small ViT that runs live.

html.py       one file of parts, with its policy
explore.py    the explore page                         live.py       the live page
collected.py  a trace as its data                      live_words.py, live_story.py    its texts
encode.py     numbers in few bits                      live/         its HTML, CSS and JavaScript
formulas.py, code.py   what stands beside a tensor
tour.py, tour_words.py, words.py, key_words.py   the tour and the texts
explore/      its HTML, CSS and JavaScript             shared/       what both pages have
"""
