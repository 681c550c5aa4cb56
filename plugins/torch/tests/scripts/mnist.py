"""A script as people wrote them for AWS's PyTorch container: SM_* variables, one process a host, hook functions."""
# ruff: noqa: ANN001, ANN201, ANN204, N812, PLR0402, PTH118, PTH123  it is as people write them

import argparse
import json
import logging
import os
import sys

import numpy as np
import torch
import torch.distributed as dist
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torch.utils.data

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)
logger.addHandler(logging.StreamHandler(sys.stdout))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        x = F.relu(self.fc1(x.view(-1, 320)))
        x = F.dropout(x, training=self.training)
        return F.log_softmax(self.fc2(x), dim=1)


def load(folder, name):
    pixels = np.load(os.path.join(folder, name + "_data.npy")).reshape(-1, 1, 28, 28)
    labels = np.load(os.path.join(folder, name + "_labels.npy")).astype(np.int64)
    return torch.utils.data.TensorDataset(torch.from_numpy(pixels), torch.from_numpy(labels))


def average_gradients(model):
    for param in model.parameters():
        dist.all_reduce(param.grad.data, op=dist.ReduceOp.SUM)
        param.grad.data /= float(dist.get_world_size())


def train(args):
    distributed = len(args.hosts) > 1 and args.backend is not None
    device = torch.device("cuda" if args.num_gpus > 0 else "cpu")
    host_rank = args.hosts.index(args.current_host)
    if distributed:
        os.environ["WORLD_SIZE"] = str(len(args.hosts))
        os.environ["RANK"] = str(host_rank)
        dist.init_process_group(backend=args.backend, rank=host_rank, world_size=len(args.hosts))
        logger.info("Initialized %s with %d hosts", args.backend, dist.get_world_size())
    torch.manual_seed(args.seed)
    dataset = load(args.data_dir, "train")
    sampler = torch.utils.data.distributed.DistributedSampler(dataset) if distributed else None
    loader = torch.utils.data.DataLoader(dataset, batch_size=args.batch_size, shuffle=sampler is None, sampler=sampler)
    model = nn.DataParallel(Net().to(device))
    optimizer = optim.SGD(model.parameters(), lr=args.lr, momentum=args.momentum)
    for epoch in range(1, args.epochs + 1):
        model.train()
        if sampler is not None:
            sampler.set_epoch(epoch)
        for data, target in loader:
            optimizer.zero_grad()
            loss = F.nll_loss(model(data.to(device)), target.to(device))
            loss.backward()
            if distributed:
                average_gradients(model)
            optimizer.step()
        test(model, load(args.data_dir, "eval"), device)
    total = sum(float(param.detach().double().sum()) for param in model.parameters())
    logger.info("Sum of weights: %.12f", total)
    if host_rank == 0:
        save_model(model, args.model_dir)
    if distributed:
        dist.destroy_process_group()


def test(model, dataset, device):
    model.eval()
    data, target = dataset.tensors
    with torch.no_grad():
        correct = (model(data.to(device)).argmax(1).cpu() == target).float().mean().item()
    logger.info("Test accuracy: %.4f", correct)


def save_model(model, model_dir):
    logger.info("Saving the model.")
    torch.save(model.cpu().state_dict(), os.path.join(model_dir, "model.pth"))


def model_fn(model_dir):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = nn.DataParallel(Net())
    with open(os.path.join(model_dir, "model.pth"), "rb") as f:
        model.load_state_dict(torch.load(f))
    return model.to(device)


def predict_fn(input_data, model):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.eval()
    with torch.no_grad():
        return model(input_data.to(device).view(-1, 1, 28, 28))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--momentum", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", type=str, default=None)
    parser.add_argument("--hosts", type=list, default=json.loads(os.environ["SM_HOSTS"]))
    parser.add_argument("--current-host", type=str, default=os.environ["SM_CURRENT_HOST"])
    parser.add_argument("--model-dir", type=str, default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--data-dir", type=str, default=os.environ["SM_CHANNEL_TRAINING"])
    parser.add_argument("--num-gpus", type=int, default=os.environ["SM_NUM_GPUS"])
    train(parser.parse_args())
