using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZipIt.StandIns.Tests.Models;

[assembly: LoadableClass(typeof(ITransformer), typeof(FailingComponent), null, typeof(SignatureLoadModel), "Failing", FailingComponent.LoaderSignature)]

namespace ZipIt.StandIns.Tests.Models;

/// <summary>A component whose loading fails as its one byte says: 1 with an exception of ML.NET's, 0 with one of its own.</summary>
internal static class FailingComponent
{
    public const string LoaderSignature = "FailingComponent";

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        throw (ctx.Reader.ReadByte() == 1 ? env.ExceptDecode("marked") : new FormatException("unmarked"));
}
