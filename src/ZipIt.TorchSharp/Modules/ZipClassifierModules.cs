using TorchSharp;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.TorchSharp;

namespace ZipIt.MLNet;

/// <summary>Classifiers from modules of TorchSharp, and modules from zipped models.</summary>
public static class ZipClassifierModules
{
    extension(ZipClassifier)
    {
        /// <summary>Makes a classifier of a trained module; how it is read, <see cref="TorchNetwork.FromModule"/> says.</summary>
        /// <param name="name">Name of the task, e.g. <c>animals</c>; begins the names of its output columns.</param>
        /// <param name="module">The module: images [batch, channels, height, width] → [batch, outputs]. Its weights are copied.</param>
        /// <param name="imageSize">Size of the images in pixels.</param>
        /// <param name="labels">Names of the classes, in the order of the module's outputs, or of the prototypes.</param>
        /// <param name="prototypes">Vectors that the module's output is compared with; null if it has one score per class.</param>
        /// <param name="normalization">
        /// What turns pixels of 0–255 into what the module was trained on, e.g. <see cref="ChannelAffine.FromNormalization"/>; null if pixels arrive normalized
        /// (<c>ExtractPixels</c> with <c>offsetImage</c> and <c>scaleImage</c>).
        /// </param>
        /// <exception cref="NotSupportedException">Something in the module cannot be followed; the message names it.</exception>
        /// <exception cref="ArgumentException">The module does not take images of that size, or labels, prototypes or normalization do not fit it.</exception>
        public static ZipClassifier FromModule(
            string name, torch.nn.Module<torch.Tensor, torch.Tensor> module, Size2 imageSize, IReadOnlyList<string> labels, ClassPrototypes? prototypes = null,
            ChannelAffine? normalization = null) =>
            ZipClassifier.FromNetwork(name, TorchNetwork.FromModule(module, imageSize, headName: name), labels, prototypes, normalization);

        /// <summary>Makes a classifier of a fine-tuned module of a zipped model.</summary>
        /// <param name="name">Name of the classifier.</param>
        /// <param name="module">The module. Its weights are copied.</param>
        /// <param name="tasks">What the outputs mean: <see cref="ZipTransformer.Tasks"/> of the model that the module was made of.</param>
        /// <exception cref="ArgumentException">Tasks and outputs do not fit together.</exception>
        public static ZipClassifier FromModule(string name, NetworkModule module, IReadOnlyList<ClassificationTask> tasks)
        {
            ArgumentNullException.ThrowIfNull(module);
            return ZipClassifier.FromNetwork(name, module.ToNetwork(), tasks);
        }
    }

    /// <summary>The network of a zipped model as a live module, with one output for each task; for fine-tuning, for instance.</summary>
    /// <param name="transformer">The zipped model, fitted or loaded. Its weights are copied.</param>
    public static NetworkModule ToModule(this ZipTransformer transformer)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        return new NetworkModule(transformer.Network);
    }
}
