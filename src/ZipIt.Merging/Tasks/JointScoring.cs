namespace ZipIt.Merging;

/// <summary>How the classes of several tasks are compared with each other.</summary>
public enum JointScoring
{
    /// <summary>
    /// Softmax over the classes of each output, then the largest probability wins; prototype outputs use the classifier's own scale. An output that all tasks
    /// share has one softmax over all classes. Class scores and prototypes may be mixed: each output has its own softmax, whatever its kind and its number of
    /// classes. A task that is sure of itself on images of other tasks takes them away from those; that is seldom noticed with few classes and often with
    /// many.
    /// </summary>
    Softmax = 0,

    /// <summary>The same with a scale of 100 for all prototype outputs, as the reference implementation does; for tables that stand beside it.</summary>
    Reference = 1,

    /// <summary>
    /// Cosines of all prototype outputs are compared directly. Good on some pairs of classifiers and poor on others; not defined for class scores.
    /// </summary>
    Cosine = 2,

    /// <summary>
    /// One softmax over the classes of all tasks, with each task's scores z (logits, or scale · cosine) as z / T + b, where temperature T and offset b are
    /// the task's <see cref="TaskCalibration"/>, worked out from the calibration images without labels. Tasks that were not calibrated are compared as with
    /// <see cref="Softmax"/>. The default.
    /// </summary>
    Calibrated = 3,
}
