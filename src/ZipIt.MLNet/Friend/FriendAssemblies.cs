using System.Runtime.CompilerServices;
using Microsoft.ML;
using ZipIt.MLNet;
using ZipIt.MLNet.Friend;

// ML.NET has no public way for a component outside its own assemblies to find its environment, to promise columns, or to store itself in a model file. All use
// of its non-public members is in this folder.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]

[assembly: LoadableClass(typeof(ZipTransformer), typeof(ZipModelFile), null, typeof(SignatureLoadModel), "Zipped image classifiers",
    ZipModelFile.LoaderSignature)]
