using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>How a component signs what it stores, and which versions of it the running code writes and reads.</summary>
[BestFriend]
internal readonly struct VersionInfo
{
    /// <summary>The component's eight signature characters, a space stored as zero, first character lowest.</summary>
    public readonly ulong ModelSignature;

    /// <summary>The version written.</summary>
    public readonly uint VerWrittenCur;

    /// <summary>The oldest version whose readers understand what is written.</summary>
    public readonly uint VerReadableCur;

    /// <summary>The oldest version that can be read.</summary>
    public readonly uint VerWeCanReadBack;

    /// <summary>The assembly that holds the loader.</summary>
    public readonly string LoaderAssemblyName;

    /// <summary>The name under which the loader is found, at most 24 characters.</summary>
    public readonly string LoaderSignature;

    /// <summary>A second such name.</summary>
    public readonly string LoaderSignatureAlt;

    /// <summary>Describes a component's format.</summary>
    public VersionInfo(
        string modelSignature,
        uint verWrittenCur,
        uint verReadableCur,
        uint verWeCanReadBack,
        string loaderAssemblyName,
        string loaderSignature = null,
        string loaderSignatureAlt = null)
    {
        Contracts.Check(modelSignature is { Length: 8 }, "A model signature must be eight characters.");
        Contracts.Check(verReadableCur <= verWrittenCur, "A format cannot need readers newer than itself.");
        Contracts.Check(verWeCanReadBack <= verWrittenCur, "The oldest readable version cannot be newer than the written one.");
        ModelSignature = SignatureText.Pack(modelSignature.Replace(' ', '\0'));
        VerWrittenCur = verWrittenCur;
        VerReadableCur = verReadableCur;
        VerWeCanReadBack = verWeCanReadBack;
        LoaderAssemblyName = loaderAssemblyName;
        LoaderSignature = CheckedSignature(loaderSignature);
        LoaderSignatureAlt = CheckedSignature(loaderSignatureAlt);
    }

    private static string CheckedSignature(string signature)
    {
        Contracts.Check(signature == null || signature.Length <= SignatureText.LoaderLength, "A loader signature has at most 24 characters.");
        return signature;
    }
}
