"""Makes the pictures of docs/mini.md: each is what one `vitnp look --weights mini/14` draws, made smaller.

python benchmarks/mini_pictures.py [--photos DIR] [--out DIR]
"""

import look_pictures

# china.jpg and grace_hopper.jpg are not among the photos that mini/14 learned from
LOOKS = {
    "attention": "china.jpg",
    "components": "china.jpg grace_hopper.jpg chelsea.png astronaut.png coffee.png",
    "positions": "china.jpg",
    "filters": "china.jpg",
    "distance": "china.jpg",
    "mirror": "grace_hopper.jpg",
}

if __name__ == "__main__":
    look_pictures.main(looks=LOOKS, prefix="mini", weights="mini/14")
