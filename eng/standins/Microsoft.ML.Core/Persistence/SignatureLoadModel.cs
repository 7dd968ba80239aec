namespace Microsoft.ML;

/// <summary>The signature of components that load themselves from a model file.</summary>
[BestFriend]
internal delegate void SignatureLoadModel(ModelLoadContext ctx);

/// <summary>The signature of components that need nothing.</summary>
[BestFriend]
internal delegate void SignatureDefault();
