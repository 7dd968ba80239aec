namespace Reproduction.Data;

/// <summary>A data set: images to train and calibrate with, and others to measure with.</summary>
/// <param name="Name">Its name; lower case, without spaces.</param>
/// <param name="Training">Images to train and calibrate with.</param>
/// <param name="Test">Images to measure with, of the same classes.</param>
internal sealed record DataSet(string Name, LabelledImages Training, LabelledImages Test)
{
    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> Labels => Training.Labels;

    /// <summary>Some of the classes.</summary>
    public DataSet OfClasses(string name, IReadOnlyList<int> classes) => new(name, Training.OfClasses(classes), Test.OfClasses(classes));

    /// <summary>The same images; the names of the classes begin with that of the data set, so that no other data set has a class of that name.</summary>
    public DataSet WithNameInLabels() =>
        this with { Training = Training.Rename(label => $"{Name}/{label}"), Test = Test.Rename(label => $"{Name}/{label}") };

    /// <summary>At most some of the images of each part, spread over all classes.</summary>
    public DataSet Take(int? training, int? test) => this with { Training = Training.Take(training), Test = Test.Take(test) };
}
