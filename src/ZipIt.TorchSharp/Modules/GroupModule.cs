using TorchSharp;

namespace ZipIt.TorchSharp;

/// <summary>Part of the path of a module: holds the modules whose names begin with its own.</summary>
internal sealed class GroupModule(string name) : torch.nn.Module(name);
