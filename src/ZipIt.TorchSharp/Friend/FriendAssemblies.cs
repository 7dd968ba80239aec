using System.Runtime.CompilerServices;

// How ML.NET's own components with TorchSharp choose a device is not public. All use of that assembly's non-public members is in this folder.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.TorchSharp")]
