"""The training loop that the trainer is compared with: a CIFAR ResNet-20 by stochastic gradient descent, as one writes it in PyTorch.

    python3 loop.py TRAIN TEST EPOCHS SEED THREADS

TRAIN and TEST are in CIFAR-10's binary layout. Prints the accuracy on TEST and the seconds of each epoch.
"""

import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
BATCH, RATE, WARMUP = 128, 0.1, 0.1


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class ResNet20(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        blocks, inputs = [], 16
        for outputs, first in ((16, 1), (32, 2), (64, 2)):
            for i in range(3):
                blocks.append(Block(inputs, outputs, first if i == 0 else 1))
                inputs = outputs
        self.blocks, self.linear = nn.Sequential(*blocks), nn.Linear(inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        return self.linear(self.blocks(F.relu(self.bn1(self.conv1(x)))).mean([2, 3]))


def read(path):
    records = torch.frombuffer(bytearray(open(path, "rb").read()), dtype=torch.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].long()


def normalize(images):
    return (images.float() / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)


def augment(images):
    """Half of the images flipped, each cropped out of itself with a border of four pixels."""
    padded = F.pad(images, (4, 4, 4, 4))
    shifts, flips = torch.randint(0, 9, (len(images), 2)).tolist(), torch.rand(len(images)).tolist()
    crops = [padded[i, :, top:top + 32, left:left + 32] for i, (top, left) in enumerate(shifts)]
    return torch.stack([crop.flip(2) if flip < 0.5 else crop for crop, flip in zip(crops, flips)])


def factor(done):
    return 0.01 + 0.99 * done / WARMUP if done < WARMUP else (1 + math.cos(math.pi * (done - WARMUP) / (1 - WARMUP))) / 2


def main():
    train, test, epochs, seed, threads = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    images, labels = read(train)
    model = ResNet20(10)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, weight_decay=5e-4, nesterov=True)
    start = time.time()
    for epoch in range(epochs):
        model.train()
        order = torch.randperm(len(images))
        for first in range(0, len(order), BATCH):
            chosen = order[first:first + BATCH]
            for group in optimizer.param_groups:
                group["lr"] = RATE * factor((epoch + first / len(order)) / epochs)
            loss = F.cross_entropy(model(augment(normalize(images[chosen]))), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
    seconds = (time.time() - start) / epochs
    model.eval()
    images, labels = read(test)
    with torch.no_grad():
        right = sum((model(normalize(images[i:i + 500])).argmax(1) == labels[i:i + 500]).sum().item() for i in range(0, len(images), 500))
    print(f"{right / len(images)} {seconds}")


if __name__ == "__main__":
    main()
