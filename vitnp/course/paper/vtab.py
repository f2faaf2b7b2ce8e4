"""Table 9: the accuracy on each of VTAB's 19 tasks, after training on 1,000 images of the task."""

TABLE_9_MODELS = ("ViT-H/14 (JFT)", "ViT-L/16 (JFT)", "ViT-L/16 (ImageNet-21k)")
TABLE_9 = {  # group → task → an accuracy in % per model
    "Natural": {
        "Caltech101": (95.3, 95.4, 90.8),
        "CIFAR-100": (85.5, 81.9, 84.1),
        "DTD": (75.2, 74.3, 74.1),
        "Flowers102": (99.7, 99.7, 99.3),
        "Pets": (97.2, 96.7, 92.7),
        "Sun397": (65.0, 63.5, 61.0),
        "SVHN": (88.9, 87.4, 80.9),
    },
    "Specialized": {
        "Camelyon": (83.3, 83.6, 82.5),
        "EuroSAT": (96.7, 96.5, 95.6),
        "Resisc45": (91.4, 89.7, 85.2),
        "Retinopathy": (76.6, 77.1, 75.3),
    },
    "Structured": {
        "Clevr-Count": (91.7, 86.4, 70.3),
        "Clevr-Dist": (63.8, 63.1, 56.1),
        "DMLab": (53.1, 49.7, 41.9),
        "dSpr-Loc": (79.4, 74.5, 74.7),
        "dSpr-Ori": (63.3, 60.5, 64.9),
        "KITTI-Dist": (84.5, 82.2, 79.9),
        "sNORB-Azim": (33.2, 36.2, 30.5),
        "sNORB-Elev": (51.2, 51.1, 41.7),
    },
}

VTAB = {  # the tasks by group, and the accuracy of ViT-H/14 on each
    group: {task: values[0] for task, values in tasks.items()} for group, tasks in TABLE_9.items()
}
