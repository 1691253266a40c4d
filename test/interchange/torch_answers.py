"""What PyTorch makes of the course's safetensors files, and files of its own.

Takes a folder with NAME.safetensors for each network and images.safetensors, bytes by the same names. Prints the
probabilities of each as JSON, and those of the same module with new weights, which it saves as NAME.torch.safetensors.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch_networks import build, load, probabilities

folder = Path(sys.argv[1])
torch.manual_seed(1)
answers = {}
for name, pixels in load_file(folder / "images.safetensors").items():
    module, metadata = load(folder / f"{name}.safetensors")
    other = build(json.loads(metadata["network"])["name"], module.state_dict(), metadata)
    with torch.no_grad():
        for part in other.modules():
            if isinstance(part, (torch.nn.Conv2d, torch.nn.Linear)):  # larger than by default: answers differ more
                torch.nn.init.kaiming_normal_(part.weight)
            if isinstance(part, torch.nn.BatchNorm2d):  # as after a training
                part.weight.uniform_(0.5, 1.5)
                part.bias.uniform_(-0.5, 0.5)
                part.running_mean.uniform_(-0.5, 0.5)
                part.running_var.uniform_(0.5, 1.5)
    save_file(other.state_dict(), folder / f"{name}.torch.safetensors")
    modules = {"ours": module, "theirs": other}
    answers[name] = {
        key: probabilities(each, metadata, pixels).flatten().tolist() for key, each in modules.items()
    }
print(json.dumps(answers))
