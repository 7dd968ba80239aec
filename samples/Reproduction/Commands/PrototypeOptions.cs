using System.CommandLine;
using Reproduction.Training;
using ZipIt.MLNet;

namespace Reproduction.Commands;

/// <summary>Options of experiments whose classifiers tell classes apart by prototypes.</summary>
internal sealed class PrototypeOptions
{
    private readonly Option<string?> _prototypes = new("--prototypes")
    {
        Description = "File with a vector for each class (safetensors or PyTorch), e.g. text features of CLIP; drawn at random if there is none.",
    };

    private readonly Option<float> _scale = new("--prototype-scale")
    {
        Description = "Factor of the cosines that classifiers with these prototypes are trained with.",
        DefaultValueFactory = _ => RandomPrototypes.Scale,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_prototypes);
        command.Options.Add(_scale);
    }

    /// <summary>The prototypes that a command line names; null to draw them.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or holds something else.</exception>
    public ClassPrototypes? Read(ParseResult arguments) =>
        arguments.GetValue(_prototypes) is { } file ? ClassPrototypes.Load(file, arguments.GetValue(_scale)) : null;
}
