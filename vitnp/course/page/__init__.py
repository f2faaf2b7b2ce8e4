"""Interactive pages, each one HTML file that needs nothing else: a ViT's every tensor, and a small ViT that runs live.

html.py       one file of parts, with its policy     collected.py  a trace as the data of the explore page
encode.py     numbers in few bits                    live.py       a model as the data of the live page
"""
